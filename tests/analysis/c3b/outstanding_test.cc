// M: what fits the limit is accepted, one more is refused.

#include "analysis/c3b/outstanding.h"

#include <cstdint>
#include <string>
#include <utility>

#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;

Story Limited() {
  analysis::Recipe recipe = TwoClusters(4, 4);
  Promise(recipe, "M", {{"limit", 100U}});
  return Story(std::move(recipe));
}

}  // namespace

TEST_CASE("outstanding: a sender may be so far ahead of its QUACK, and no further") {
  Story story = Limited();
  story.Offered(A(0), B(0), {0, 1, 1}).Offered(A(3), B(0), {99, 1, 1});
  story.Quacked(A(3), 50).Offered(A(3), B(1), {147, 1, 1});
  CHECK(story.Ask("M") == Verdict::kHolds);
  story.Offered(A(2), B(1), {102, 1, 1});
  CHECK(story.Ask("M") == Verdict::kViolated);
  CHECK(story.FirstFinding("M") ==
        "a2 sends k′ 102 where its QUACK is 0: it has 103 messages to keep, and 100 are allowed");
}

TEST_CASE("outstanding: a run counts to its last number") {
  Story story = Limited();
  story.Offered(A(0), B(0), {0, 7, 16});
  CHECK(story.Ask("M") == Verdict::kHolds);
  story.Offered(A(0), B(0), {0, 8, 16});
  CHECK(story.Ask("M") == Verdict::kViolated);
}

}  // namespace lockstep::tests
