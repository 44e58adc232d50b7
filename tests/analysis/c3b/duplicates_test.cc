// No duplicate delivery: what is right is accepted, and what is not is refused.

#include "analysis/c3b/duplicates.h"

#include <cstdint>
#include <string>

#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;

}  // namespace

TEST_CASE("duplicates: each k′ once at each replica is accepted") {
  Story story(TwoClusters(4, 7));
  story.Delivered(B(0), {0, 5, 28}).Delivered(B(0), {1, 27, 1}).Delivered(B(0), {140, 3, 28});
  story.Delivered(B(1), {0, 100, 1});
  CHECK(story.Ask("D") == Verdict::kHolds);
}

TEST_CASE("duplicates: one k′ twice at one replica is refused") {
  Story story(TwoClusters(4, 7));
  story.Delivered(B(0), {0, 5, 28}).Delivered(B(0), {29, 2, 28}).Delivered(B(0), {50, 9, 1});
  CHECK(story.Ask("D") == Verdict::kViolated);
  CHECK(story.FirstFinding("D") == "b0 delivers k′ 56 a second time (2 such in this note)");
}

TEST_CASE("duplicates: one k′ twice in one note is refused") {
  Story story(TwoClusters(4, 7));
  story.Delivered(B(0), {3, 2, 0});
  CHECK(story.Ask("D") == Verdict::kViolated);
}

TEST_CASE("duplicates: another incarnation may deliver anew") {
  Story story(TwoClusters(4, 7));
  story.Delivered(B(0), {0, 5, 28}).Restart(B(0)).Delivered(B(0), {0, 5, 28});
  CHECK(story.Ask("D") == Verdict::kHolds);
  story.Restart(B(1)).Delivered(B(0), {28, 1, 1});
  CHECK(story.Ask("D") == Verdict::kViolated);
}

TEST_CASE("duplicates: a replica that only crashed is judged in each of its lives") {
  Story story(TwoClusters(4, 7));
  story.Crashing(B(0)).Delivered(B(0), {0, 5, 28});
  story.Restart(B(0)).Delivered(B(0), {0, 5, 28});
  CHECK(story.Ask("D") == Verdict::kHolds);
  story.Delivered(B(0), {28, 1, 1});
  CHECK(story.Ask("D") == Verdict::kViolated);
  story.Faulty(B(0));
  CHECK(story.Ask("D") != Verdict::kViolated);
}

}  // namespace lockstep::tests
