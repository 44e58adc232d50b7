// QUACKs against what was handed over.

#include "analysis/c3b/quack.h"

#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;

// b0 was handed k′ 0 to 3, b1 k′ 2 to 5.
Story Holdings() {
  Story story(TwoClusters(4, 4));
  story.Handed(B(0), A(0), {0, 4, 1}).Handed(B(1), B(0), {2, 4, 1});
  return story;
}

}  // namespace

TEST_CASE("quack: what correct receivers hold together is sound") {
  CHECK(Holdings().Quacked(A(1), 4).Ask("Q") == Verdict::kHolds);
  CHECK(Holdings().Quacked(A(1), 6).Ask("Q") == Verdict::kHolds);
}

TEST_CASE("quack: one more than what correct receivers hold is refused") {
  const Story story = Holdings().Quacked(A(1), 7);
  CHECK(story.Ask("Q") == Verdict::kViolated);
  CHECK(story.FirstFinding("Q") == "a1 declares QUACK 7, but no correct receiver holds k′ 6");
}

TEST_CASE("quack: what only a faulty receiver holds is not enough") {
  Story story(TwoClusters(4, 4));
  story.Faulty(B(0), 2).Handed(B(0), A(0), {0, 4, 1}).Handed(B(1), A(1), {0, 3, 1});
  CHECK(Story(story).Quacked(A(0), 3).Ask("Q") == Verdict::kHolds);
  CHECK(Story(story).Quacked(A(0), 4).Ask("Q") == Verdict::kViolated);
}

TEST_CASE("quack: damaged copies are not held") {
  Story story(TwoClusters(4, 4));
  story.HandedDamaged(B(0), A(0), {0, 4, 1}).Quacked(A(0), 1);
  CHECK(story.Ask("Q") == Verdict::kViolated);
}

TEST_CASE("quack: what faulty senders declare does not count") {
  CHECK(Holdings().Quacked(A(2), 9).Faulty(A(2)).Ask("Q") != Verdict::kViolated);
  CHECK(Holdings().Faulty(A(2)).Quacked(A(2), 9).Ask("Q") == Verdict::kNotExercised);
  CHECK(Holdings().Quacked(A(2), 0).Ask("Q") == Verdict::kNotExercised);
}

TEST_CASE("quack: held too late is refused") {
  Story story(TwoClusters(4, 4));
  story.Quacked(A(0), 1).Handed(B(0), A(0), {0, 4, 1});
  CHECK(story.Ask("Q") == Verdict::kViolated);
}

TEST_CASE("quack: a holder that fails later leaves doubt, unless another one held it all") {
  CHECK(Holdings().Quacked(A(1), 4).Faulty(B(0)).Ask("Q") == Verdict::kUnknown);
  CHECK(Holdings().Quacked(A(1), 6).Faulty(B(3)).Ask("Q") == Verdict::kUnknown);
  Story both = Holdings().Handed(B(1), A(0), {0, 2, 1}).Quacked(A(1), 4);
  CHECK(both.Faulty(B(0)).Ask("Q") == Verdict::kHolds);
  CHECK(both.Faulty(B(3)).Ask("Q") == Verdict::kUnknown);
}

}  // namespace lockstep::tests
