// Numbers by lane, and back.

#include "protocols/core/lane_line.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "protocols/core/random.h"
#include "protocols/core/run.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::LaneLine;

TEST_CASE("lane line: a number has a place in its lane, and a place its number") {
  core::Random random = core::Random(1).Fork("lane line");
  for (const std::uint64_t lanes : {1U, 2U, 3U, 16U, 361U, 160'000U, (1U << 29) + 1, 1U << 30}) {
    CAPTURE(lanes);
    const LaneLine line(lanes);
    for (int i = 0; i < 1'000; ++i) {
      const std::uint64_t limit = LaneLine::kNumberLimit >> random.Below(60);
      const std::uint64_t number = i == 0 ? LaneLine::kNumberLimit - 1 : random.Below(limit);
      const std::uint64_t place = line.Place(number);
      REQUIRE(line.Number(place) == number);
      REQUIRE(line.Lane(place) == number % lanes);
      REQUIRE(line.RunAt(place, place + 3) == core::Run{number, 3, lanes});
      // The end of what a lane holds is no place of the next lane.
      REQUIRE(line.Lane(place + 1) == line.Lane(place));
    }
  }
}

TEST_CASE("lane line: a cut finds in each lane the least number that is not below") {
  for (std::uint64_t lanes = 1; lanes <= 9; ++lanes) {
    const LaneLine line(lanes);
    for (std::uint64_t number = 0; number < 40; ++number) {
      const LaneLine::Cut cut = line.CutAt(number);
      for (std::uint64_t lane = 0; lane < lanes; ++lane) {
        std::uint64_t least = number;
        while (least % lanes != lane) ++least;
        REQUIRE(cut.In(lane) == line.Place(least));
        REQUIRE(cut.InLaneOf(line.Place(lane + 5 * lanes)) == line.Place(least));
      }
    }
  }
}

TEST_CASE("lane line: a window meets the lanes of its numbers, each once, in order") {
  for (std::uint64_t lanes = 1; lanes <= 9; ++lanes) {
    const LaneLine line(lanes);
    for (std::uint64_t begin = 0; begin < 20; ++begin) {
      for (std::uint64_t end = begin; end < begin + 12; ++end) {
        std::vector<std::uint64_t> expected;
        for (std::uint64_t at = begin; at < end; ++at) expected.push_back(at % lanes);
        std::sort(expected.begin(), expected.end());
        expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
        std::vector<std::uint64_t> met;
        line.ForEachLaneIn(begin, end, [&](std::uint64_t lane) { met.push_back(lane); });
        REQUIRE(met == expected);
      }
    }
  }
}

}  // namespace
}  // namespace lockstep::tests
