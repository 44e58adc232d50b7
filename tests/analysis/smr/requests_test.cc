// Validity, requests at most once, durability and progress: what is right is accepted, and what is
// not is refused.

#include <cstdint>

#include "tests/analysis/smr/slot_story.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;

}  // namespace

TEST_CASE("oracle Y: what was proposed and asked is accepted") {
  SlotStory story;
  story.Invokes(1).Invokes(2).GoodRound(0, {1, 2}).AllCommit(0).Returns(1).Returns(2);
  // Proposed again, and dropped, after its client has gone on.
  story.Invokes(3).GoodRound(1, {2, 3}).AllCommit(1);
  CHECK(story.Ask("Y") == Verdict::kHolds);
  CHECK(SlotStory().Ask("Y") == Verdict::kNotExercised);
}

TEST_CASE("oracle Y: a request that no client has asked is refused") {
  SlotStory story;
  story.Invokes(1).GoodRound(0, {1, 9}).AllCommit(0);
  CHECK(story.Finding("Y") ==
        "a0 commits, in round 0, lane 0, request 9 of client 7, which has not asked it");
}

TEST_CASE("oracle Y: of clients that a spike of load adds nobody knows what they have asked") {
  analysis::Recipe crowded = SlotCluster();
  crowded.faults.push_back({"spike", "load_spike"});
  const auto verdict = [](const analysis::Recipe& recipe, std::uint64_t client) {
    SlotStory story(recipe);
    story.Invokes(1).Proposes(0, 0, {9}, 5, client).Proposes(1, 0).Proposes(2, 0);
    return story.Commits(0, 0, 0b001).Ask("Y");
  };
  CHECK(verdict(crowded, ~std::uint64_t{7}) == Verdict::kHolds);
  CHECK(verdict(SlotCluster(), ~std::uint64_t{7}) == Verdict::kViolated);
  CHECK(verdict(crowded, 7) == Verdict::kViolated);
}

TEST_CASE("oracle Y: a batch that its owner has not proposed is refused") {
  SlotStory story;
  story.Proposes(0, 0).Commits(1, 0, 0b011);
  CHECK(story.Finding("Y") == "a1 commits what the owner of round 0, lane 1, has not proposed");
}

TEST_CASE("oracle Y, oracle C: what a replica that is silent at times proposed is not known") {
  SlotStory other;
  other.IsSilent(0).Proposes(0, 0).Commits(1, 0, 0b011);
  SlotStory silent;
  silent.IsSilent(1).Proposes(0, 0).Commits(1, 0, 0b011);
  CHECK(silent.Ask("Y") == Verdict::kHolds);
  CHECK(other.Ask("Y") == Verdict::kViolated);
  // What is executed may have been in its batch: nobody can tell, and nobody is blamed.
  SlotStory executed;
  executed.IsSilent(1).Invokes(1).Invokes(2).Proposes(0, 0, {1}).Commits(0, 0, 0b011);
  executed.Executes(0, 0, {1, 2});
  CHECK(executed.Ask("C") == Verdict::kUnknown);
}

TEST_CASE("oracle C: each request is executed once, however often it is ordered") {
  SlotStory story;
  for (std::uint64_t request = 1; request < 9; ++request) story.Invokes(request);
  story.GoodRound(0, {1, 3}).AllCommit(0);
  for (std::uint32_t i = 0; i < 3; ++i) story.Executes(i, 0, {1, 3});
  // The second was late, and came twice.
  story.GoodRound(1, {3, 2, 2}).AllCommit(1).Executes(0, 1, {2});
  CHECK(story.Ask("C") == Verdict::kHolds);
  SlotStory twice = story;
  twice.Executes(1, 1, {3, 2});
  CHECK(twice.Finding("C") ==
        "a1 executes 2 requests at index 3 (3 of them), where the log orders 1 for the first time");
  SlotStory other = story;
  other.Executes(1, 1, {8});
  CHECK(other.Finding("C") ==
        "a1 executes 1 requests at index 3 (3 of them), where the log orders others");
  // A table that knows the highest number only drops what has not been executed.
  story.GoodRound(2, {5, 4}).AllCommit(2).Executes(2, 2, {5});
  CHECK(story.Ask("C") == Verdict::kViolated);
}

TEST_CASE("oracle C: what comes in any order is known again") {
  SlotStory story;
  const std::vector<std::uint64_t> order = {5, 1, 9, 7, 6, 8, 2, 4, 3, 10};
  for (const std::uint64_t request : order) story.Invokes(request);
  for (std::uint64_t round = 0; round < order.size(); ++round) {
    story.GoodRound(round, {order[round]}).AllCommit(round).Executes(0, round, {order[round]});
  }
  CHECK(story.Ask("C") == Verdict::kHolds);
  for (std::uint64_t round = order.size(); round < 2 * order.size(); ++round) {
    story.GoodRound(round, {order[round - order.size()]}).AllCommit(round);
    SlotStory again = story;
    again.Executes(0, round, {order[round - order.size()]});
    CHECK(again.Ask("C") == Verdict::kViolated);
  }
}

TEST_CASE("oracle U: an answer to what nobody has executed is refused") {
  SlotStory story;
  story.Invokes(1).Invokes(2).GoodRound(0, {1}).AllCommit(0).Returns(1);
  CHECK(story.Ask("U") == Verdict::kHolds);
  story.Returns(2);
  CHECK(story.Finding("U") == "client 7 has an answer to request 2, which nobody has executed");
}

TEST_CASE("oracle Y: what was answered from a batch that nobody heard proposed may come again") {
  SlotStory story;
  story.IsSilent(1).Invokes(1).Invokes(2).GoodRound(0, {1}).AllCommit(0).Returns(2);
  story.GoodRound(1, {2}).AllCommit(1);
  CHECK(story.Ask("Y") == Verdict::kUnknown);
}

TEST_CASE("oracle U: what was in a batch that nobody heard its owner propose is not known") {
  SlotStory story;
  story.IsSilent(1).Invokes(1).Invokes(2).GoodRound(0, {1}).AllCommit(0).Returns(1).Returns(2);
  CHECK(story.Ask("U") == Verdict::kUnknown);
}

TEST_CASE("oracle U: who takes part again holds what was committed when it crashed") {
  SlotStory story;
  for (std::uint64_t round = 0; round < 6; ++round) story.GoodRound(round).AllCommit(round);
  story.Crashes(2).Restarts(2);
  SlotStory by_log = story;
  for (std::uint64_t round = 0; round < 6; ++round) by_log.Commits(2, round, 0b111);
  by_log.Rejoins(2);
  CHECK(by_log.Ask("U") == Verdict::kHolds);
  SlotStory by_state = story;
  by_state.Installs(2, 6).Rejoins(2);
  CHECK(by_state.Ask("U") == Verdict::kHolds);
  story.Installs(2, 5).Rejoins(2);
  CHECK(story.Finding("U") ==
        "a2 takes part again with a log up to index 15, of which 18 were committed when it "
        "crashed");
}

TEST_CASE("oracle U: what was committed by the heal is in some log in the end") {
  SlotStory story;
  story.AtMs(500).GoodRound(0).GoodRound(1).AllCommit(0).Commits(1, 1, 0b111);
  SlotStory lost = story;
  lost.AtMs(900).Crashes(1).Restarts(1).Ends();
  CHECK(lost.Finding("U") ==
        "of 6 indices committed by the heal, those from 3 on are in no log that is up");
  story.AtMs(900).Crashes(1).Restarts(1).AtMs(1'200).Commits(0, 1, 0b111).Ends();
  CHECK(story.Ask("U") == Verdict::kHolds);
}

namespace {

// Three replicas, of which all have committed rounds 0 and 1 by the heal, and go on to round 2.
SlotStory Healed() {
  SlotStory story;
  story.AtMs(500).Invokes(1).GoodRound(0, {1}).GoodRound(1).AllCommit(0).AllCommit(1).Returns(1);
  story.AtMs(1'500).GoodRound(2).AllCommit(2);
  story.AtMs(2'500).GoodRound(3);
  return story;
}

}  // namespace

TEST_CASE("oracle P: a cluster that goes on and answers is accepted") {
  SlotStory story = Healed();
  story.AllCommit(3).Ends();
  CHECK(story.Ask("P") == Verdict::kHolds);
  SlotStory cut = Healed();
  cut.AtMs(2'600);
  cut.story.End();
  CHECK(cut.Ask("P") == Verdict::kNotExercised);
}

// Whose second half is a second.
TEST_CASE("oracle P: a time to settle of a few rounds is no test") {
  for (const std::uint64_t round_ms : {62U, 63U}) {
    analysis::Recipe recipe = SlotCluster();
    recipe.promises.back().parameters["round_ps"] = round_ms * 1'000'000'000;
    SlotStory story(recipe);
    story.AtMs(500).GoodRound(0).AllCommit(0).Ends();
    CHECK(story.Ask("P") == (round_ms > 62 ? Verdict::kNotExercised : Verdict::kViolated));
  }
}

TEST_CASE("oracle P: who stays behind is refused, unless it is down, abstains or stands still") {
  SlotStory story;
  story.AtMs(500).GoodRound(0).GoodRound(1).AllCommit(0).Commits(0, 1, 0b111).Commits(1, 1, 0b111);
  story.AtMs(1'500).GoodRound(2).Commits(0, 2, 0b111).Commits(1, 2, 0b111);
  SlotStory behind = story;
  behind.AtMs(2'500).GoodRound(3).Ends();
  CHECK(behind.Finding("P") ==
        "a2 has committed up to index 3, where all up to 6 was under way by the heal");
  SlotStory down = story;
  down.AtMs(1'900).Crashes(2).AtMs(2'500).Votes(0, 3, 0b111, 0).Votes(1, 3, 0b111, 0).Ends();
  CHECK(down.Ask("P") == Verdict::kHolds);
  SlotStory abstains = story;
  abstains.AtMs(1'900).Crashes(2).Restarts(2).AtMs(2'500).GoodRound(3).Ends();
  CHECK(abstains.Ask("P") == Verdict::kHolds);
  SlotStory still = story;
  still.AtMs(2'500).Votes(0, 3, 0b111, 0).Votes(1, 3, 0b111, 0).Ends();
  CHECK(still.Ask("P") == Verdict::kHolds);
  SlotStory silent = story;
  silent.IsSilent(2).AtMs(2'500).GoodRound(3).Ends();
  CHECK(silent.Ask("P") == Verdict::kHolds);
  SlotStory dead = story;
  dead.AtMs(2'500).Votes(0, 3, 0b111, 0).Ends();
  CHECK(dead.Finding("P") == "only 1 replicas take part in the end");
}

TEST_CASE(
    "oracle P: a request that stays without an answer is refused, unless its client is gone") {
  SlotStory story;
  story.AtMs(400).Invokes(1);
  SlotStory gone = story;
  for (SlotStory* each : {&story, &gone}) {
    each->AtMs(500).GoodRound(0).AllCommit(0);
    if (each == &gone) each->Crashes(50);
    each->AtMs(2'500).GoodRound(1).AllCommit(1).Invokes(2).Ends();
  }
  CHECK(story.Finding("P") ==
        "request 1 of client 7, asked at 400000000000 ps, has not been answered");
  CHECK(gone.Ask("P") == Verdict::kHolds);
}

TEST_CASE("oracle P: its cause tells replicas, quorums and requests apart, and P judges liveness") {
  const auto row = [](const SlotStory& story) {
    analysis::Judge judge(SlotCluster());
    story.story.Tell(judge);
    const nlohmann::json summary = judge.Summary();
    for (const nlohmann::json& each : summary["oracles"])
      if (each["oracle"] == "P") return each;
    return nlohmann::json();
  };
  SlotStory story;
  story.AtMs(500).GoodRound(0).GoodRound(1).AllCommit(0).Commits(0, 1, 0b111).Commits(1, 1, 0b111);
  SlotStory behind = story;
  behind.AtMs(2'500).GoodRound(3).Ends();
  CHECK(row(behind)["cause"] == "a replica stands still");
  CHECK(row(behind)["nature"] == "liveness");
  CHECK(row(behind)["cluster"] == "a");
  SlotStory dead = story;
  dead.AtMs(2'500).Votes(0, 3, 0b111, 0).Ends();
  CHECK(row(dead)["cause"] == "no quorum takes part");
  SlotStory asked;
  asked.AtMs(400).Invokes(1).AtMs(500).GoodRound(0).AllCommit(0);
  asked.AtMs(2'500).GoodRound(1).AllCommit(1).Ends();
  CHECK(row(asked)["cause"] == "a request is not answered");
}

// Two seconds to settle: eight times a quarter of a second. The second half begins at 2 s.
TEST_CASE("oracle P: who waits no longer than eight times what others do is slow, and not stuck") {
  for (const std::int64_t waited : {240, 260}) {
    CAPTURE(waited);
    SlotStory story;
    story.AtMs(400).Invokes(1).AtMs(500).GoodRound(0).AllCommit(0);
    story.AtMs(2'100).Invokes(2).GoodRound(1, {2}).AtMs(2'100 + waited).AllCommit(1).Returns(2);
    story.Ends();
    CHECK(story.Ask("P") == (waited > 250 ? Verdict::kHolds : Verdict::kViolated));
    // That holds says nothing of the one that waits on; so it is counted.
    CHECK(story.story.Counts("P") == std::vector<std::uint64_t>{waited > 250 ? 1U : 0U});
  }
  // Those who had asked before the heal may have waited for that; nobody else shows how long it
  // takes.
  SlotStory old;
  old.AtMs(400).Invokes(1).Invokes(2).AtMs(500).GoodRound(0, {2}).AllCommit(0);
  SlotStory both = old;
  old.AtMs(2'100).GoodRound(1).AllCommit(1).Returns(2).Ends();
  CHECK(old.Ask("P") == Verdict::kHolds);
  both.AtMs(2'100).Invokes(3).GoodRound(1, {3}).AtMs(2'200).AllCommit(1).Returns(2).Returns(3);
  both.Ends();
  CHECK(both.Ask("P") == Verdict::kViolated);
}

}  // namespace lockstep::tests
