// Concurrent budgets: who counts as down, from when and until when.

#include "analysis/budget.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "tests/analysis/events.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;

// Five replicas, of which two may be down at a time; and X to be judged beside CB.
struct Cluster {
  Story story;

  explicit Cluster(std::vector<std::uint32_t> stake = {}) : story(RecipeOfFive(std::move(stake))) {}
  static analysis::Recipe RecipeOfFive(std::vector<std::uint32_t> stake) {
    analysis::Recipe recipe = TwoClusters(5, 4);
    recipe.clusters[0].stake = std::move(stake);
    recipe.streams.clear();
    recipe.clusters[0].u = 2;
    recipe.clusters[0].r = 0;
    const analysis::Scope scope{analysis::Scope::Kind::kCluster, 0};
    recipe.promises = {{"CB", scope}, {"X", scope}};
    return recipe;
  }

  Cluster& Crash(std::uint32_t replica) { return Add(trace::EventKind::kCrash, replica, 0, {}); }
  Cluster& Rejoin(std::uint32_t replica) {
    return Add(trace::EventKind::kNote, replica, 0, core::NoteKind::kRejoined);
  }
  Cluster& Commit(std::uint32_t replica, std::uint64_t digest) {
    return Add(trace::EventKind::kNote, replica, digest, core::NoteKind::kCommitted);
  }
  // For the whole run, unless it is by a crash.
  Cluster& Faulty(std::uint32_t replica, bool is_by_crash) {
    return Add(trace::EventKind::kFaulty, replica, 0, {}, is_by_crash ? 1 : 0);
  }

 private:
  Cluster& Add(trace::EventKind kind, std::uint32_t replica, std::uint64_t digest,
               core::NoteKind note, std::uint64_t detail = 0) {
    trace::Event event;
    event.kind = kind;
    event.note = note;
    event.node = event.peer = A(replica);
    event.digest = digest;
    event.detail = detail;
    if (kind == trace::EventKind::kFaulty) event.value = 1;
    story.Raw(event);
    return *this;
  }
};

}  // namespace

TEST_CASE("budget: a rolling restart of everyone, two down at a time, is within it") {
  Cluster cluster;
  for (std::uint32_t i = 0; i < 5; ++i) cluster.Faulty(i, true);
  cluster.Crash(0).Crash(1).Rejoin(0).Crash(2).Rejoin(1).Rejoin(2).Crash(3).Crash(4);
  CHECK(cluster.story.Ask("CB") == Verdict::kHolds);
}

TEST_CASE("budget: three down at once overspend it, and the run shows nothing, whatever it does") {
  Cluster cluster;
  cluster.Commit(0, 7).Commit(1, 8);
  CHECK(cluster.story.Ask("X") == Verdict::kViolated);
  cluster.Crash(0).Crash(1).Crash(2);
  CHECK(cluster.story.Ask("CB") == Verdict::kUnknown);
  CHECK(cluster.story.FirstFinding("CB") == "3 of a are down at once (a0, a1, a2), and u = 2");
  analysis::Judge judge(cluster.story.recipe());
  for (const trace::Event& event : cluster.story.events()) judge.OnEvent(event);
  judge.Finish();
  CHECK(judge.verdict() == Verdict::kUnknown);
}

TEST_CASE("budget: those that are down count by their stake") {
  Cluster cluster({1, 1, 2, 1, 1});
  cluster.Crash(0).Crash(1).Rejoin(0).Rejoin(1).Crash(2);
  CHECK(cluster.story.Ask("CB") == Verdict::kHolds);
  cluster.Crash(4);
  CHECK(cluster.story.Ask("CB") == Verdict::kUnknown);
  CHECK(cluster.story.FirstFinding("CB") ==
        "replicas with a stake of 3 of a are down at once (a2, a4), and u = 2");
}

TEST_CASE("budget: who is up again and has not rejoined still counts, and so does who is silent") {
  Cluster cluster;
  cluster.Faulty(4, false).Crash(0);
  cluster.story.Restart(A(0));
  CHECK(cluster.story.Ask("CB") == Verdict::kHolds);
  cluster.Crash(1);
  CHECK(cluster.story.Ask("CB") == Verdict::kUnknown);
}

}  // namespace lockstep::tests
