// S: sends that the schedule asks for are accepted, others refused.

#include "analysis/c3b/schedule_agreement.h"

#include <cstdint>
#include <string>
#include <utility>

#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;

Story Scheduled(std::uint32_t senders, std::uint32_t receivers) {
  analysis::Recipe recipe = TwoClusters(senders, receivers);
  Promise(recipe, "S");
  return Story(std::move(recipe));
}

}  // namespace

TEST_CASE("schedule: original sends, and resends by whose turn it is, are accepted") {
  Story story = Scheduled(4, 6);
  // k′ 0 and 24 are a0's for b0; attempt 1 is a1's for b1, attempt 5 a1's for b5.
  story.Offered(A(0), B(0), {0, 2, 24}).Offered(A(1), B(1), {0, 1, 1});
  story.Offered(A(1), B(5), {0, 1, 1}).Offered(A(1), B(1), {1, 1, 1});
  CHECK(story.Ask("S") == Verdict::kHolds);
}

TEST_CASE("schedule: a receiver that no attempt has for a sender is refused") {
  Story story = Scheduled(4, 4);
  story.Offered(A(0), B(0), {0, 1, 1}).Offered(A(1), B(1), {0, 1, 1});
  CHECK(story.Ask("S") == Verdict::kHolds);
  story.Offered(A(1), B(2), {0, 1, 1});
  CHECK(story.Ask("S") == Verdict::kViolated);
  CHECK(story.FirstFinding("S") == "a1 sends k′ 0 to b2, which the schedule never asks of it");
}

TEST_CASE("schedule: where turns are not by index, attempts are for whoever has the position") {
  analysis::Recipe recipe = TwoClusters(2, 4);
  recipe.clusters[0].positions = {1, 0};
  recipe.clusters[1].positions = {0, 1, 3, 2};
  Promise(recipe, "S");
  Story story(std::move(recipe));
  // k′ 0 is a1's for b0; attempts 1 and 3 are a0's for b1 and b2, 2 is a1's for b3.
  story.Offered(A(1), B(0), {0, 1, 1}).Offered(A(0), B(1), {0, 1, 1});
  story.Offered(A(1), B(3), {0, 1, 1}).Offered(A(0), B(2), {0, 1, 1});
  CHECK(story.Ask("S") == Verdict::kHolds);
  story.Offered(A(0), B(3), {0, 1, 1});
  CHECK(story.Ask("S") == Verdict::kViolated);
}

TEST_CASE("schedule: every number of a run is judged, and only correct senders") {
  Story story = Scheduled(4, 4);
  // 0 is a0's for b0; 4 is a0's for b1.
  story.Offered(A(0), B(0), {0, 3, 4});
  CHECK(story.Ask("S") == Verdict::kViolated);
  Story liar = Scheduled(4, 4);
  liar.Faulty(A(0)).Offered(A(0), B(2), {0, 3, 1});
  CHECK(liar.Ask("S") != Verdict::kViolated);
}

TEST_CASE("schedule: a sender that only crashed is bound by it in each of its lives") {
  Story story = Scheduled(4, 4);
  story.Crashing(A(1)).Restart(A(1)).Offered(A(1), B(1), {0, 1, 1});
  CHECK(story.Ask("S") == Verdict::kHolds);
  story.Offered(A(1), B(2), {0, 1, 1});
  CHECK(story.Ask("S") == Verdict::kViolated);
}

}  // namespace lockstep::tests
