// The artifact's schedule as oracles know it, and what they make of its runs.

#include "analysis/c3b/artifact_lists.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "protocols/core/random.h"
#include "protocols/picsou/artifact_schedule.h"
#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::ArtifactLists;
using analysis::Verdict;

core::Cluster DrawnCluster(core::Random& random) {
  core::Cluster cluster{"x", core::NodeId(0), static_cast<std::uint32_t>(1 + random.Below(8)), 0,
                        0};
  if (random.Below(2) == 0) {
    for (std::uint32_t i = 0; i < cluster.size; ++i)
      cluster.stake.push_back(static_cast<std::uint32_t>(1 + random.Below(i == 0 ? 300 : 9)));
  }
  cluster.u = static_cast<std::uint32_t>((cluster.total_stake() - 1) / 3);
  return cluster;
}

Story ArtifactStory(std::uint32_t senders, std::uint32_t receivers) {
  analysis::Recipe recipe = TwoClusters(senders, receivers);
  Promise(recipe, "S", {{"rule", "artifact"}});
  Promise(recipe, "R1", {{"rule", "artifact"}, {"repeat_interval_ps", 0U}});
  return Story(std::move(recipe));
}

}  // namespace

TEST_CASE("artifact lists: they are those of the protocol, which were written apart from them") {
  core::Random random = core::Random(3).Fork("artifact lists");
  for (int round = 0; round < 300; ++round) {
    const core::Cluster senders = DrawnCluster(random);
    const core::Cluster receivers = random.Below(3) == 0 ? senders : DrawnCluster(random);
    const picsou::ArtifactSchedule schedule(senders, receivers);
    const ArtifactLists lists(senders, receivers);
    REQUIRE(lists.period() == schedule.period());
    for (int draw = 0; draw < 60; ++draw) {
      const std::uint64_t number = random.Below(2 * schedule.period() + 100);
      const ArtifactLists::List list = lists.ListOf(number);
      const picsou::ArtifactSchedule::List theirs = schedule.ListOf(number);
      REQUIRE(list.size() == theirs.size());
      for (std::size_t t = 0; t < list.size(); ++t) {
        REQUIRE(list[t].sender == theirs[t].sender);
        REQUIRE(list[t].receiver == theirs[t].receiver);
        REQUIRE(schedule.TurnsOf(number, list[t].sender).Has(list[t].turn));
      }
    }
  }
}

TEST_CASE("artifact lists: S accepts what the artifact's schedule asks for, and nothing else") {
  // Of 7, it starts over after 512: a0 has k′ 511 and 512.
  Story story = ArtifactStory(7, 7);
  story.Offered(A(0), B(0), {0, 1, 1}).Offered(A(0), B(3), {511, 1, 1});
  story.Offered(A(0), B(0), {512, 1, 1});
  CHECK(story.Ask("S") == Verdict::kHolds);
  analysis::Recipe paper = TwoClusters(7, 7);
  Promise(paper, "S");
  CHECK(Story(paper).Offered(A(0), B(0), {512, 1, 1}).Ask("S") == Verdict::kViolated);
  // k′ 16 of 4 is moved on by one more: turns 1 and 2 are a2's for b2... and a3's, not a1's.
  Story four = ArtifactStory(4, 4);
  four.Offered(A(0), B(0), {16, 1, 1}).Offered(A(2), B(2), {16, 1, 1});
  four.Offered(A(3), B(3), {16, 1, 1});
  CHECK(four.Ask("S") == Verdict::kHolds);
  four.Offered(A(1), B(1), {16, 1, 1});
  CHECK(four.Ask("S") == Verdict::kViolated);
}

TEST_CASE("artifact lists: R1 wants the paper's complaints for the artifact's turns") {
  // k′ 20 goes from a0 to b1; o = 1, so turn 1 is a2's for b3, and turn 2 a3's for b0.
  const auto story = [](std::initializer_list<std::int64_t> heard_ms, core::NodeId hears) {
    Story told = ArtifactStory(4, 4);
    for (const std::int64_t ms : heard_ms) {
      told.AtMs(ms).Heard(hears, B(0), 20).Heard(hears, B(1), 20);
    }
    return told;
  };
  CHECK(story({10, 20}, A(2)).Passed(A(2), B(3), {20, 1, 1}).Ask("R1") == Verdict::kHolds);
  CHECK(story({10}, A(2)).Passed(A(2), B(3), {20, 1, 1}).Ask("R1") == Verdict::kViolated);
  CHECK(story({10, 20}, A(3)).Passed(A(3), B(0), {20, 1, 1}).Ask("R1") == Verdict::kViolated);
  // Each attempt wants fresh complaints, the first report included.
  CHECK(story({10, 20, 30}, A(3)).Passed(A(3), B(0), {20, 1, 1}).Ask("R1") == Verdict::kViolated);
  CHECK(story({10, 20, 30, 40}, A(3)).Passed(A(3), B(0), {20, 1, 1}).Ask("R1") == Verdict::kHolds);
  // a1 has no turn of it.
  Story nobody = story({10, 20, 30, 40}, A(1)).Passed(A(1), B(2), {20, 1, 1});
  CHECK(nobody.Ask("R1") == Verdict::kViolated);
  CHECK(nobody.FirstFinding("R1") == "a1 sends k′ 20 to b2 again, but no attempt designates it");
}

TEST_CASE("artifact lists: R2 allows a message as many sends as its list has") {
  analysis::Recipe recipe = TwoClusters(4, 4);
  Promise(recipe, "R2", {{"rule", "artifact"}});
  // k′ 0: a0 to b0, a1 to b1, a2 to b2. With b0 and a1 faulty it takes three.
  Story story(recipe);
  story.Faulty(B(0)).Faulty(A(1));
  story.Passed(A(0), B(0), {0, 1, 1}).Passed(A(1), B(1), {0, 1, 1}).Passed(A(2), B(2), {0, 1, 1});
  CHECK(story.Ask("R2") == Verdict::kHolds);
  Story more(recipe);
  more.Faulty(B(0)).Faulty(B(3)).Faulty(A(1));
  more.Passed(A(0), B(0), {0, 1, 1}).Passed(A(1), B(1), {0, 1, 1});
  more.Passed(A(2), B(3), {0, 1, 1}).Passed(A(3), B(3), {0, 1, 1}).Passed(A(2), B(2), {0, 1, 1});
  CHECK(more.Ask("R2") == Verdict::kViolated);
}

TEST_CASE("resends: of what is not committed yet nobody can complain") {
  // Ten messages a second: k′ 4 exists from 500 ms on.
  analysis::Recipe recipe = TwoClusters(4, 4);
  recipe.streams[0].content.rate = 10;
  const auto story = [&](std::initializer_list<std::int64_t> heard_ms) {
    Story told(recipe);
    told.Faulty(A(0));
    for (const std::int64_t ms : heard_ms) told.AtMs(ms).Heard(A(1), B(0), 4).Heard(A(1), B(1), 4);
    return told.AtMs(900).Passed(A(1), B(2), {4, 1, 1});
  };
  CHECK(story({10, 110, 210, 310, 410}).Ask("R1") == Verdict::kViolated);
  CHECK(story({10, 110, 510}).Ask("R1") == Verdict::kViolated);
  CHECK(story({510, 610}).Ask("R1") == Verdict::kHolds);
  // A clock that may be 200 ms ahead has it earlier.
  recipe.streams[0].content.clock_ahead = core::Duration::Milliseconds(200);
  CHECK(story({310, 510}).Ask("R1") == Verdict::kHolds);
}

}  // namespace lockstep::tests
