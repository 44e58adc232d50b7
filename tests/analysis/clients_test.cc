// What clients got: requests, answers, and how long they took.

#include "analysis/clients.h"

#include <memory>

#include "analysis/metrics.h"
#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

// Clients 1, 2, ... on host b0 of a cluster c, measured from 1 s to 3 s.
class Asking {
 public:
  Asking() {
    analysis::Recipe recipe;
    recipe.clusters = {{"a", A(0), 3, 1, 0}, {"c", B(0), 2, 0, 0}};
    recipe.warmup = core::Instant() + core::Duration::Seconds(1);
    recipe.run_for = core::Duration::Seconds(3);
    story = std::make_unique<Story>(recipe);
  }
  Asking& Says(std::int64_t ms, core::NoteKind what, std::uint64_t client, std::uint64_t request) {
    trace::Event event;
    event.kind = trace::EventKind::kNote;
    event.note = what;
    event.node = event.peer = B(0);
    event.value = request;
    event.detail = client;
    story->AtMs(ms).Raw(event);
    return *this;
  }
  nlohmann::json Summary() {
    story->AtMs(3'000).End();
    analysis::Judge judge(story->recipe());
    story->Tell(judge);
    return judge.Summary();
  }
  std::unique_ptr<Story> story;
};

constexpr auto kInvoked = core::NoteKind::kInvoked;
constexpr auto kReturned = core::NoteKind::kReturned;

}  // namespace

TEST_CASE("clients: rates and latencies are of what came after the warm-up") {
  Asking asking;
  asking.Says(500, kInvoked, 1, 1).Says(900, kReturned, 1, 1);
  asking.Says(950, kInvoked, 1, 2).Says(1'050, kReturned, 1, 2);
  asking.Says(1'100, kInvoked, 1, 3).Says(1'100, kInvoked, 2, 3).Says(1'400, kReturned, 2, 3);
  asking.Says(1'500, core::NoteKind("turned_away"), 2, 0);
  const nlohmann::json summary = asking.Summary();
  REQUIRE(summary["clients"].size() == 1);
  const nlohmann::json& row = summary["clients"][0];
  CHECK(row["cluster"] == "c");
  CHECK(row["invoked"] == 4);
  CHECK(row["returned"] == 3);
  CHECK(row["turned_away"] == 1);
  CHECK(row["invoked_per_s"] == 1.0);   // 2 in 2 s
  CHECK(row["returned_per_s"] == 1.0);  // 2 in 2 s
  CHECK(row["latency"]["count"] == 2);
  CHECK(row["latency"]["max_us"] == 300'000.0);
  const auto metrics = analysis::MetricsOf(summary);
  CHECK(metrics.at("client_returned_per_s") == 1.0);
  CHECK(metrics.at("client_latency_max_us") == 300'000.0);
  CHECK(metrics.at("client_turned_away") == 1.0);
}

TEST_CASE("clients: where nobody asked there are none") {
  CHECK(!Asking().Summary().contains("clients"));
}

TEST_CASE("clients: memory is for what is open") {
  Asking asking;
  for (std::uint64_t i = 0; i < 1'000; ++i)
    asking.Says(100, kInvoked, 1, i).Says(200, kReturned, 1, i);
  asking.Says(300, kInvoked, 1, 5'000);
  analysis::Clients clients(std::make_shared<const analysis::Recipe>(asking.story->recipe()));
  asking.story->Tell(clients);
  CHECK(clients.size() == 1);
}

}  // namespace lockstep::tests
