// Runs of sequence numbers, and how they fall into residue classes.

#include "protocols/core/run.h"

#include <cstdint>
#include <set>

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Run;

TEST_CASE("run: its numbers, its last and its parts follow from first and stride") {
  const Run run{5, 4, 3};  // 5, 8, 11, 14
  CHECK(run.At(0) == 5);
  CHECK(run.At(2) == 5 + 2 * 3);
  CHECK(run.Last() == 14);
  CHECK(run.Part(1, 2) == Run{8, 2, 3});
  CHECK(run.Part(3, 1).Last() == run.Last());
}

TEST_CASE("run: lanes cover each number once, whatever stride and period") {
  for (std::uint64_t period = 1; period <= 12; ++period) {
    for (std::uint64_t stride = 1; stride <= 14; ++stride) {
      for (std::uint64_t count = 0; count <= 9; ++count) {
        const Run run{7, count, stride};
        std::multiset<std::uint64_t> covered;
        core::ForEachLane(run, period, [&](std::uint64_t lane, std::uint64_t b, std::uint64_t e) {
          REQUIRE(lane < period);
          REQUIRE(b < e);
          for (; b < e; ++b) covered.insert(lane + period * b);
        });
        std::multiset<std::uint64_t> expected;
        for (std::uint64_t i = 0; i < count; ++i) expected.insert(run.At(i));
        REQUIRE(covered == expected);
      }
    }
  }
}

TEST_CASE("run: a stride that is the period or divides it makes few intervals") {
  const auto intervals = [](const Run& run, std::uint64_t period) {
    int count = 0;
    core::ForEachLane(run, period, [&](std::uint64_t, std::uint64_t, std::uint64_t) { ++count; });
    return count;
  };
  CHECK(intervals(Run{3, 1'000'000, 28}, 28) == 1);
  CHECK(intervals(Run{3, 1'000'000, 4}, 28) == 28 / 4);
  CHECK(intervals(Run{3, 5, 1}, 28) == 5);
  CHECK(intervals(Run{3, 0, 1}, 28) == 0);
}

}  // namespace
}  // namespace lockstep::tests
