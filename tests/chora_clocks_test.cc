// K: clocks decide when replicas of Chora-R act, never what comes of it.
//
// The same finite workload is run on clocks that are right and wrong, in rounds that are long
// enough and too short, over links that lose. What is executed in the end is the same; of clients
// with one request outstanding in the same order, too. Which request stands in which round may
// differ.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "protocols/core/log_notes.h"
#include "tests/support/small_world.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using Overrides = std::vector<sim::Override>;

constexpr std::uint64_t kRequests = 25;  // of each client
constexpr std::uint64_t kClients = 36;   // twelve beside each of three replicas

cli::Prepared Smoke(Overrides overrides) {
  overrides.push_back({"/run/for", "4ms"});
  overrides.push_back({"/clusters/0/stack/1/requests", std::to_string(kRequests)});
  overrides.push_back({"/clusters/0/stack/1/retry", "400us"});
  auto prepared = cli::Prepare("scenarios/smoke/chora.json", overrides);
  REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
  return *std::move(prepared);
}

std::string DigestOf(const cli::Prepared& prepared) {
  const auto judged = cli::Run(prepared, {});
  REQUIRE(judged.ok());
  return judged->summary["digest"];
}

struct Outcome {
  std::map<std::uint64_t, std::vector<std::uint64_t>> answered;  // client -> requests, in order
  std::map<std::uint32_t, std::uint64_t> executed;               // replica -> how many requests
  std::uint64_t late = 0;                                        // rounds with violations
};

Outcome OutcomeOf(const Overrides& overrides) {
  const cli::Prepared prepared = Smoke(overrides);
  const auto judged = cli::Run(prepared, {});
  REQUIRE(judged.ok());
  CHECK_MESSAGE(judged->summary["verdict"] == "holds", judged->summary["oracles"].dump());
  Recorder recorder;
  sim::World world(prepared.scenario, *prepared.program, {&recorder});
  world.Run(prepared.scenario.end, ~std::uint64_t{0});
  world.Finish(/*is_cut=*/false);
  Outcome outcome;
  for (const trace::Event& event : recorder.events) {
    if (event.Is(core::NoteKind::kReturned)) outcome.answered[event.detail].push_back(event.value);
    if (event.Is(core::kExecuted)) outcome.executed[event.node.value()] += event.detail;
    if (event.Is(core::NoteKind("round_violations"))) ++outcome.late;
  }
  return outcome;
}

}  // namespace

TEST_CASE("chora: a constant added to all wall clocks changes nothing") {
  cli::Prepared prepared = Smoke({});
  const std::string before = DigestOf(prepared);
  prepared.scenario.profile.clocks.wall_start = core::Duration::Seconds(86'400);
  CHECK(DigestOf(prepared) == before);
}

TEST_CASE("chora: what is executed depends neither on clocks nor on violated rounds") {
  const auto clocks = [](const char* key, const char* value) {
    return sim::Override{std::string("/profile/clocks/") + key,
                         nlohmann::json({{"value", value}, {"source", "this test"}}).dump()};
  };
  const Outcome right = OutcomeOf({});
  REQUIRE(right.answered.size() == kClients);
  CHECK(right.late == 0);
  for (const auto& [replica, count] : right.executed) CHECK(count == kClients * kRequests);
  for (const auto& [client, requests] : right.answered) CHECK(requests.size() == kRequests);
  const std::vector<std::pair<Overrides, bool>> others = {
      {{{"/clusters/0/stack/0/clock", "self"}}, false},
      {{{"/clusters/0/stack/0/depth", "3"}}, false},
      {{{"/clusters/0/stack/0/round_length", "1480ns"}}, true},
      {{{"/profile/wire/loss", R"({"value": [1, 100], "source": "this test"})"}}, true},
      {{clocks("synced_offset_max", "900ns")}, true},
      {{clocks("synced_offset_max", "3us"), {"/clusters/0/stack/0/clock", "self"}}, false},
  };
  for (const auto& [overrides, is_late] : others) {
    CAPTURE(overrides.front().first);
    const Outcome other = OutcomeOf(overrides);
    if (is_late) CHECK(other.late > 0);
    CHECK(other.answered == right.answered);
    CHECK(other.executed == right.executed);
  }
}

}  // namespace lockstep::tests
