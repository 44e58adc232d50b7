// Runs that nobody's message carries: told to a checker, they cost no more than honest ones.

#include <array>
#include <cstdint>
#include <limits>

#include "analysis/c3b/stream_facts.h"
#include "analysis/histogram.h"
#include "analysis/smr/unfolded.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {

TEST_CASE("hostile runs: one whose stride is not the rotation's is taken up to a limit") {
  using analysis::kOddRunLimit;
  using analysis::kRunLimit;
  using analysis::Plausible;
  constexpr std::uint64_t kPeriod = 12;
  // Pieces of the rotation, however long.
  for (const std::uint64_t stride : std::array<std::uint64_t, 6>{1, 2, 3, 4, 6, 12}) {
    CAPTURE(stride);
    CHECK(Plausible({5, kRunLimit, stride}, kPeriod).has_value());
    CHECK_FALSE(Plausible({5, kRunLimit + 1, stride}, kPeriod).has_value());
  }
  for (const std::uint64_t stride : std::array<std::uint64_t, 5>{5, 7, 8, 24, 1'000'003}) {
    CAPTURE(stride);
    CHECK(Plausible({5, kOddRunLimit, stride}, kPeriod).has_value());
    CHECK_FALSE(Plausible({5, kOddRunLimit + 1, stride}, kPeriod).has_value());
  }
  CHECK_FALSE(Plausible({5, 4'000'000'000, 4}, kPeriod).has_value());
  CHECK_FALSE(Plausible({5, 2, 0}, kPeriod).has_value());
}

TEST_CASE("hostile runs: of an event for billions of slots the first ones are looked at") {
  trace::Event event;
  event.count = 4'000'000'000;
  CHECK(analysis::Unfolded(event) == analysis::kUnfoldedMost);
  event.count = 3;
  CHECK(analysis::Unfolded(event) == 3);
  // Far apart, they are as many as stand within the same reach, and the first one at least.
  event.count = 1'000;
  event.stride = 1'024;
  CHECK(analysis::Unfolded(event) == 64);
  event.stride = 4'000'000'000;
  CHECK(analysis::Unfolded(event) == 1);
  event.stride = 0;
  CHECK(analysis::Unfolded(event) == 1'000);
  // No run comes so far: counting from there would not end.
  event.value = std::numeric_limits<std::uint64_t>::max();
  event.count = event.stride = 1;
  CHECK(analysis::Unfolded(event) == 0);
}

TEST_CASE("hostile runs: a histogram takes what is beyond its greatest number as that one") {
  analysis::Histogram histogram;
  histogram.Add(7);
  histogram.Add(std::numeric_limits<std::uint64_t>::max());
  CHECK(histogram.max() == analysis::Histogram::kMost);
  CHECK(histogram.count() == 2);
}

}  // namespace lockstep::tests
