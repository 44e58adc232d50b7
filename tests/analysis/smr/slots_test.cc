// Quorum witnesses, equivocation and the abstention floor: what is right is accepted, and what is
// not is refused.

#include <cstdint>

#include "tests/analysis/smr/slot_story.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;

}  // namespace

TEST_CASE("oracle V: batches that a quorum has voted for, and holds, are accepted") {
  SlotStory story;
  for (std::uint64_t round = 0; round < 5'000; ++round) story.GoodRound(round).AllCommit(round);
  CHECK(story.Ask("V") == Verdict::kHolds);
  CHECK(story.Ask("E") == Verdict::kHolds);
  CHECK(story.Ask("F") == Verdict::kHolds);
  CHECK(SlotStory().Ask("V") == Verdict::kNotExercised);
  CHECK(SlotStory().Ask("E") == Verdict::kNotExercised);
}

TEST_CASE("oracle V: a commit without a quorum of distinct voters is refused") {
  SlotStory story(5);
  // Three are needed; two have voted, one of them again and again.
  for (std::uint32_t i : {0U, 1U}) story.Proposes(i, 0);
  for (std::uint32_t i = 0; i < 5; ++i) story.Handed(i, 0, 0).Handed(i, 0, 1);
  for (int i = 0; i < 3; ++i) story.Votes(1, 0, 0b1, 0b1);
  story.Votes(4, 0, 0b1, 0b0).Commits(4, 0, 0b00001);
  CHECK(story.Finding("V") ==
        "a4 commits the batch in round 0, lane 0, to which no 3 replicas have agreed");
}

TEST_CASE("oracle V: one witness may have kept its own word to itself, and no more") {
  // a2 counts its own vote before anybody is told of it.
  SlotStory own;
  own.Lanes(1, 0, 0b001).Proposes(0, 0).Handed(2, 0, 0).Commits(2, 0, 0b001);
  CHECK(own.Ask("V") == Verdict::kHolds);
  // The owner has said its vote by proposing.
  SlotStory alone;
  alone.Lanes(1, 0, 0b001).Proposes(0, 0).Handed(2, 0, 0).Commits(0, 0, 0b001);
  CHECK(alone.Ask("V") == Verdict::kViolated);
  // It has said something else.
  SlotStory against;
  against.Lanes(1, 0, 0b001).Proposes(0, 0).Handed(2, 0, 0).Votes(2, 0, 0b1, 0b0);
  against.Commits(2, 0, 0b001);
  CHECK(against.Ask("V") == Verdict::kViolated);
  // The one who decided it was another, who has said so.
  SlotStory told;
  told.Lanes(1, 0, 0b001).Proposes(0, 0).Handed(1, 0, 0).Handed(2, 0, 0);
  told.Votes(2, 0, 0b1, 0b0).Decides(1, 0, 0, 1).Commits(2, 0, 0b001);
  CHECK(told.Ask("V") == Verdict::kHolds);
}

TEST_CASE("oracle V: nothing in an active lane needs a quorum of acceptances at one ballot") {
  SlotStory story;
  story.Lanes(1, 0, 0b001).Votes(1, 0, 0b1, 0b0).Votes(2, 0, 0b1, 0b0);
  SlotStory by_nacks = story;
  by_nacks.Commits(1, 0, 0);
  CHECK(by_nacks.Finding("V") ==
        "a1 commits nothing in round 0, lane 0, to which no 2 replicas have agreed");
  SlotStory by_ballot = story;
  // At ballot 1 its proposer accepts in the same step.
  by_ballot.Resolves(1, 0, 0, 1, 0).Commits(2, 0, 0);
  CHECK(by_ballot.Ask("V") == Verdict::kHolds);
  SlotStory higher = story;
  // At higher ones it proves nothing: who commits may be one, the proposer is not.
  higher.Resolves(1, 0, 0, 2, 0).Commits(2, 0, 0);
  CHECK(higher.Ask("V") == Verdict::kViolated);
  SlotStory mixed = story;
  mixed.Accepts(0, 0, 0, 2, 0).Accepts(1, 0, 0, 3, 0).Accepts(2, 0, 0, 4, 0).Commits(2, 0, 0);
  CHECK(mixed.Ask("V") == Verdict::kHolds);  // a2 may have accepted at ballot 2 or 3 as well.
}

TEST_CASE("oracle V: a lane that is not active is awaited by nobody") {
  SlotStory story;
  story.Lanes(0, 1, 0b011);
  for (std::uint32_t i : {0U, 1U}) story.Proposes(i, 1);
  for (std::uint32_t i = 0; i < 3; ++i) story.Handed(i, 1, 0).Handed(i, 1, 1);
  for (std::uint32_t i = 0; i < 3; ++i) story.Votes(i, 1, 0b111, 0b011);
  // Lane 2 stands at position 1 of round 1.
  SlotStory inactive = story;
  inactive.Commits(0, 1, 0b101);
  CHECK(inactive.Finding("V").empty());
  story.Lanes(0, 2, 0b111).GoodRound(2).Commits(0, 2, 0b110);
  CHECK(story.Finding("V") ==
        "a0 commits nothing in round 2, lane 2, to which no 2 replicas have agreed");
}

TEST_CASE("oracle V: who votes for a batch, or accepts it, has been handed it") {
  SlotStory story;
  story.Proposes(0, 3).Handed(1, 3, 0).Votes(1, 3, 0b1, 0b1);
  CHECK(story.Finding("V").empty());
  SlotStory blind = story;
  blind.Votes(2, 3, 0b1, 0b1);
  CHECK(blind.Finding("V") ==
        "a2 votes for the batch of round 3, lane 0, which it has not been handed");
  story.Accepts(2, 3, 0, 1, 1);
  CHECK(story.Finding("V") ==
        "a2 accepts the batch of round 3, lane 0, which it has not been handed");
}

TEST_CASE("oracle V: who is silent at times holds its own batch, which nobody has heard of") {
  SlotStory story;
  story.IsSilent(1).Votes(1, 3, 0b10, 0b10);
  CHECK(story.Finding("V").empty());
  // That of another it must have been handed, and who is never silent has said what it made.
  SlotStory of_another = story;
  of_another.Votes(1, 3, 0b01, 0b01);
  CHECK(of_another.Ask("V") == Verdict::kViolated);
  story.Votes(2, 3, 0b100, 0b100);
  CHECK(story.Finding("V") ==
        "a2 votes for the batch of round 3, lane 2, which it has not been handed");
}

TEST_CASE("oracle V: who is silent at times holds its own batch, though nobody heard of it") {
  const auto verdict = [](bool is_silent) {
    SlotStory story;
    if (is_silent) story.IsSilent(0);
    story.Lanes(1, 0, 0b001).Handed(1, 0, 0);
    return story.Votes(0, 0, 0b1, 0b1).Votes(1, 0, 0b1, 0b1).Commits(1, 0, 0b001).Ask("V");
  };
  CHECK(verdict(true) == Verdict::kHolds);
  CHECK(verdict(false) == Verdict::kViolated);
}

TEST_CASE("oracle V: a batch that fewer than a quorum hold is refused") {
  SlotStory story;
  story.Lanes(1, 0, 0b001).Proposes(0, 0).Commits(2, 0, 0b001);
  CHECK(story.Finding("V") ==
        "a2 commits the batch of round 0, lane 0, which only 1 replicas hold");
}

TEST_CASE("oracle E: two votes on one slot are refused, also in two lives") {
  SlotStory story;
  story.Proposes(0, 9).Votes(2, 9, 0b011, 0b000).Votes(2, 9, 0b111, 0b000);
  CHECK(story.Ask("E") == Verdict::kHolds);
  SlotStory flips = story;
  flips.Handed(2, 9, 0).Votes(2, 9, 0b111, 0b001);
  CHECK(flips.Finding("E") == "a2 says two votes on round 9, lane 0");
  story.Crashes(2).Restarts(2).Handed(2, 9, 0).Votes(2, 9, 0b001, 0b001);
  CHECK(story.Finding("E") == "a2 says two votes on round 9, lane 0");
}

TEST_CASE("oracle E: two batches of an owner, and a vote against one's own, are refused") {
  SlotStory two;
  two.Proposes(1, 4, {}, 5).Proposes(1, 4, {}, 6);
  CHECK(two.Finding("E") == "a1 proposes two values for round 4, lane 1");
  SlotStory same;
  same.Proposes(1, 4).Proposes(1, 4);
  CHECK(same.Ask("E") == Verdict::kHolds);
  SlotStory against;
  against.Proposes(1, 4).Votes(1, 4, 0b111, 0b101);
  CHECK(against.Finding("E") == "a1 says two votes on round 4, lane 1");
  SlotStory late;
  late.Votes(1, 4, 0b111, 0b101).Proposes(1, 4);
  CHECK(late.Finding("E") == "a1 proposes two values for round 4, lane 1");
}

TEST_CASE("oracle E: at one ballot one value is proposed, and one accepted") {
  SlotStory story;
  story.Accepts(1, 4, 0, 2, 0).Accepts(1, 4, 0, 3, 1).Resolves(1, 4, 0, 1, 0);
  CHECK(story.Ask("E") == Verdict::kHolds);
  SlotStory accepts = story;
  accepts.Accepts(1, 4, 0, 2, 1);
  CHECK(accepts.Finding("E") == "a1 accepts two values at one ballot in round 4, lane 0");
  story.Resolves(1, 4, 0, 1, 1);
  CHECK(story.Finding("E") == "a1 proposes two values for round 4, lane 0");
}

TEST_CASE("oracle E: a batch that is passed on is nobody's second proposal") {
  SlotStory story;
  story.Proposes(0, 4);
  // Another replica hands on the batch of lane 0; written out it has another digest.
  story.Handed(2, 4, 0, 77);
  trace::Event passed;
  passed.kind = trace::EventKind::kFact;
  passed.fact = core::Fact::kProposes;
  passed.phase = trace::Phase::kSent;
  passed.node = A(1);
  passed.value = 4;
  passed.digest = 77;
  story.story.Raw(passed);
  // The owner does so as well, with a value, as in all that mends slots.
  passed.node = A(0);
  passed.votes = {1, 0};
  story.story.Raw(passed);
  CHECK(story.Ask("E") == Verdict::kHolds);
  passed.votes = {};
  story.story.Raw(passed);
  CHECK(story.Ask("E") == Verdict::kViolated);
}

TEST_CASE("oracle F: who has lost its memory acts above what its earlier lives have done") {
  SlotStory story;
  for (std::uint64_t round = 0; round < 20; ++round) story.GoodRound(round).AllCommit(round);
  story.Accepts(2, 25, 0, 1, 0).Crashes(2).Restarts(2);
  SlotStory above = story;
  above.Votes(2, 26, 0b111, 0).Crashes(2).Restarts(2).Votes(2, 27, 0b111, 0);
  CHECK(above.Ask("F") == Verdict::kHolds);
  SlotStory votes = story;
  votes.Votes(2, 25, 0b010, 0);
  CHECK(votes.Finding("F") == "a2 acts on round 25, and has forgotten what it did up to round 25");
  SlotStory resolves = story;
  resolves.Resolves(2, 24, 1, 1, 0);
  CHECK(resolves.Ask("F") == Verdict::kViolated);
  SlotStory proposes = story;
  proposes.Proposes(2, 10);
  CHECK(proposes.Ask("F") == Verdict::kViolated);
  // In its second life it acted on round 40, which its third one has forgotten as well.
  SlotStory third = story;
  third.Votes(2, 40, 0b111, 0).Crashes(2).Restarts(2).Votes(2, 39, 0b111, 0);
  CHECK(third.Ask("F") == Verdict::kViolated);
}

TEST_CASE("slots: rounds that nobody has committed are kept, however many they are") {
  SlotStory story;
  for (std::uint64_t round = 0; round < 5'000; ++round) story.GoodRound(round);
  for (std::uint64_t round = 0; round < 5'000; ++round) story.AllCommit(round);
  CHECK(story.Ask("V") == Verdict::kHolds);
  story.Votes(1, 4'999, 0b1, 0);
  CHECK(story.Ask("E") == Verdict::kViolated);
}

}  // namespace lockstep::tests
