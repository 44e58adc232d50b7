// Whole runs in both kinds of contents, and of clients: what a node is told does not depend on what
// messages are made of.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "protocols/core/note.h"
#include "sim/trace/event.h"
#include "sim/world.h"
#include "tests/support/small_world.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

cli::Prepared PreparedFrom(const std::string& path, const std::vector<sim::Override>& overrides) {
  auto prepared = cli::Prepare(path, overrides);
  REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
  return *std::move(prepared);
}

// Every event of the run.
std::vector<trace::Event> EventsOf(const cli::Prepared& prepared) {
  Recorder recorder;
  sim::World world(prepared.scenario, *prepared.program, {&recorder});
  world.Run(prepared.scenario.end, ~std::uint64_t{0});
  world.Finish(/*is_cut=*/false);
  return recorder.events;
}

// All but digests, which differ where contents do.
std::vector<trace::Event> WithoutDigests(std::vector<trace::Event> events) {
  for (trace::Event& event : events) event.digest = 0;
  return events;
}

void CheckSameInBothKinds(const std::string& path, const std::vector<sim::Override>& overrides) {
  CAPTURE(path);
  std::vector<sim::Override> with_real = overrides;
  with_real.push_back({"/contents", "real"});
  const cli::Prepared filler = PreparedFrom(path, overrides);
  const cli::Prepared real = PreparedFrom(path, with_real);
  const std::vector<trace::Event> events = EventsOf(filler);
  const std::vector<trace::Event> again = EventsOf(real);
  // The same inputs, effects, deliveries and drops at the same times, but for what they hash to.
  CHECK(WithoutDigests(events) == WithoutDigests(again));
  const auto judged = cli::Run(filler, {});
  const auto judged_again = cli::Run(real, {});
  REQUIRE(judged.ok());
  REQUIRE(judged_again.ok());
  CHECK(judged->summary["verdict"] == judged_again->summary["verdict"]);
  CHECK(judged->summary["oracles"] == judged_again->summary["oracles"]);
}

struct Story {
  std::map<std::pair<std::uint64_t, std::uint64_t>, int> invoked;  // by client and request
  std::map<std::pair<std::uint64_t, std::uint64_t>, int> returned;
  std::uint64_t requests_sent = 0;
};

}  // namespace

TEST_CASE("contents: a run is the same in a world of real bytes, whatever the protocol") {
  CheckSameInBothKinds("scenarios/smoke/pingpong.json", {{"/run/for", "20ms"}});
  CheckSameInBothKinds("scenarios/smoke/clients.json", {{"/run/for", "20ms"}});
  CheckSameInBothKinds("scenarios/smoke/chora.json", {{"/run/for", "2ms"}});
  // Repairs carry batches in the middle of messages.
  CheckSameInBothKinds("scenarios/faults/chora-pause.json", {});
  CheckSameInBothKinds("scenarios/smoke/kafka.json",
                       {{"/run/for", "20ms"},
                        {"/run/warmup", "1ms"},
                        {"/phases", "{}"},
                        {"/clusters/0/stack/0/message_bytes", "500"},
                        {"/clusters/0/stack/0/rate", "20000"}});
  for (const char* c3b : {"picsou", "one-shot", "all-to-all", "ll", "otu"}) {
    CAPTURE(c3b);
    CheckSameInBothKinds(
        "scenarios/smoke/picsou.json",
        {{"/run/for", "20ms"},
         {"/run/warmup", "1ms"},
         {"/phases", "{}"},
         {"/network/send_buffer", "4MiB"},
         {"/clusters/0/stack",
          std::string(R"([{"rsm": "file", "message_bytes": 500, "rate": 20000}, {"c3b": ")") + c3b +
              R"("}])"}});
  }
}

TEST_CASE("clients: what they invoke returns once, through losses, from whoever answers") {
  const cli::Prepared prepared = PreparedFrom("scenarios/smoke/clients.json", {});
  const core::Cluster& replicas = prepared.scenario.clusters[0];
  const core::Cluster& clients = prepared.scenario.clusters[1];
  CHECK(clients.is_client);
  Story story;
  std::uint64_t lost = 0;
  std::set<std::uint64_t> asked;
  for (const trace::Event& event : EventsOf(prepared)) {
    if (event.kind == trace::EventKind::kDrop) ++lost;
    if (event.kind == trace::EventKind::kSend && clients.Has(event.node)) {
      CHECK(replicas.Has(event.peer));
      asked.insert(event.peer.value());
      ++story.requests_sent;
    }
    if (event.kind != trace::EventKind::kNote) continue;
    const std::pair key(event.detail, event.value);
    if (event.note == core::NoteKind::kInvoked) {
      CHECK(clients.Has(event.node));
      ++story.invoked[key];
    }
    if (event.note == core::NoteKind::kReturned) {
      CHECK(story.invoked.contains(key));
      ++story.returned[key];
    }
  }
  for (const auto& [key, times] : story.invoked) CHECK(times == 1);
  for (const auto& [key, times] : story.returned) CHECK(times == 1);
  // Of each client at most the newest is still open.
  std::map<std::uint64_t, int> open;
  for (const auto& [key, times] : story.invoked) {
    if (!story.returned.contains(key)) ++open[key.first];
  }
  for (const auto& [client, count] : open) CHECK(count == 1);
  CHECK(asked.size() == replicas.size);
  // Some were lost, and asked again.
  CHECK(lost > 0);
  CHECK(story.requests_sent > story.invoked.size());
  CHECK(story.returned.size() > 100);
}

}  // namespace lockstep::tests
