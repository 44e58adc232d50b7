// T: a stream that is fast enough is accepted, one that is not is refused.

#include "analysis/c3b/throughput_floor.h"

#include <cstdint>
#include <string>
#include <utility>

#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;

}  // namespace

TEST_CASE("throughput: what different receivers deliver counts once, and after the warm-up") {
  for (const std::uint64_t floor : {10U, 11U}) {
    analysis::Recipe recipe = TwoClusters(4, 4);  // The warm-up ends at 1 s.
    Promise(recipe, "T", {{"floor_per_s", floor}});
    Story story(std::move(recipe));
    story.AtMs(900).Delivered(B(0), {0, 5, 1});
    story.AtMs(2'000).Delivered(B(0), {5, 5, 1}).Delivered(B(1), {0, 20, 1});
    story.Delivered(B(2), {0, 20, 1});
    // 15 fresh ones in 1.5 s.
    story.AtMs(2'500).End();
    CHECK(story.Ask("T") == (floor == 10 ? Verdict::kHolds : Verdict::kViolated));
  }
}

TEST_CASE("throughput: a run that was cut short is not judged") {
  analysis::Recipe recipe = TwoClusters(4, 4);
  Promise(recipe, "T", {{"floor_per_s", 10U}});
  Story story(std::move(recipe));
  story.AtMs(2'500).End(/*is_cut_short=*/true);
  CHECK(story.Ask("T") == Verdict::kNotExercised);
}

}  // namespace lockstep::tests
