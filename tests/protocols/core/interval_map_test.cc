// Values over intervals, against a std::map of one entry for each number.

#include "protocols/core/interval_map.h"

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "protocols/core/random.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using Map = core::IntervalMap<int>;
using Naive = std::map<std::uint64_t, int>;

// Sorted, disjoint, not empty, equal neighbours merged.
bool IsCanonical(const Map& map) {
  const std::vector<Map::Interval>& list = map.intervals();
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i].begin >= list[i].end) return false;
    if (i == 0) continue;
    if (list[i - 1].end > list[i].begin) return false;
    if (list[i - 1].end == list[i].begin && list[i - 1].value == list[i].value) return false;
  }
  return true;
}

Naive NumbersOf(const Map& map) {
  Naive numbers;
  for (const Map::Interval& interval : map.intervals()) {
    for (std::uint64_t at = interval.begin; at < interval.end; ++at) numbers[at] = interval.value;
  }
  return numbers;
}

TEST_CASE("interval map: equal neighbours are one interval, and gaps stay gaps") {
  Map map;
  CHECK(map.empty());
  map.Assign(10, 20, 1);
  map.Assign(30, 40, 1);
  CHECK(map.intervals().size() == 2);
  map.Assign(20, 30, 1);
  CHECK(map.intervals() == std::vector<Map::Interval>{{10, 40, 1}});
  map.Assign(25, 26, 2);
  CHECK(map.intervals() == std::vector<Map::Interval>{{10, 25, 1}, {25, 26, 2}, {26, 40, 1}});
  map.Erase(12, 39);
  CHECK(map.intervals() == std::vector<Map::Interval>{{10, 12, 1}, {39, 40, 1}});
  map.CutEachBelow([](std::uint64_t) { return std::uint64_t{39}; });
  CHECK(map.intervals() == std::vector<Map::Interval>{{39, 40, 1}});
  map.Assign(5, 5, 9);
  CHECK(map.intervals().size() == 1);
  map.Erase(0, 50);
  CHECK(map.empty());
}

TEST_CASE("interval map: a visit names every piece in order, gaps as no value") {
  Map map;
  map.Assign(2, 4, 1);
  map.Assign(6, 8, 2);
  std::vector<std::optional<int>> values;
  std::uint64_t at = 1;
  map.ForEach(1, 9, [&](std::uint64_t begin, std::uint64_t end, const int* value) {
    CHECK(begin == at);
    at = end;
    values.push_back(value == nullptr ? std::nullopt : std::optional<int>(*value));
  });
  CHECK(at == 9);
  CHECK(values == std::vector<std::optional<int>>{std::nullopt, 1, std::nullopt, 2, std::nullopt});
}

TEST_CASE("interval map: random updates agree with a map of single numbers") {
  core::Random random = core::Random(5).Fork("interval map");
  for (int round = 0; round < 40; ++round) {
    Map map;
    Naive naive;
    for (int step = 0; step < 100; ++step) {
      const std::uint64_t begin = random.Below(50);
      const std::uint64_t end = begin + random.Below(12);
      const std::uint64_t kind = random.Below(4);
      const int added = static_cast<int>(random.Below(3));
      if (kind == 0) {
        map.Assign(begin, end, added);
        for (std::uint64_t n = begin; n < end; ++n) naive[n] = added;
      } else if (kind == 1) {
        map.Erase(begin, end);
        for (std::uint64_t n = begin; n < end; ++n) naive.erase(n);
      } else if (kind == 2) {
        map.CutEachBelow([&](std::uint64_t) { return begin / 4; });
        naive.erase(naive.begin(), naive.lower_bound(begin / 4));
      } else {
        // One more where there is a value below 2, none where it is 2, `added` where there is none.
        const auto next = [&](const int* value) -> std::optional<int> {
          if (value == nullptr) return added;
          return *value == 2 ? std::nullopt : std::optional<int>(*value + 1);
        };
        map.Update(begin, end, [&](std::uint64_t, std::uint64_t, const int* v) { return next(v); });
        for (std::uint64_t n = begin; n < end; ++n) {
          const auto found = naive.find(n);
          const std::optional<int> value = next(found == naive.end() ? nullptr : &found->second);
          if (value) {
            naive[n] = *value;
          } else {
            naive.erase(n);
          }
        }
      }
      REQUIRE(IsCanonical(map));
      REQUIRE(NumbersOf(map) == naive);
    }
  }
}

TEST_CASE("interval map: many stretches in one pass are as one after the other") {
  core::Random random = core::Random(6).Fork("interval map");
  struct Stretch {
    std::uint64_t begin;
    std::uint64_t end;
    int added;
  };
  // `added` where there is no value, none where there is the same, their sum otherwise.
  const auto next = [](const Stretch& stretch, const int* value) -> std::optional<int> {
    if (value == nullptr) return stretch.added;
    return *value == stretch.added ? std::nullopt : std::optional<int>(*value + stretch.added);
  };
  for (int round = 0; round < 40; ++round) {
    Map map;
    Map one_by_one;
    std::vector<Map::Interval> scratch;
    for (int step = 0; step < 60; ++step) {
      std::vector<Stretch> stretches;
      for (std::uint64_t at = random.Below(9); at < 60; at += random.Below(9)) {
        const std::uint64_t begin = at;
        at += random.Below(7);
        stretches.push_back({begin, at, static_cast<int>(random.Below(3))});
      }
      using Piece = std::tuple<std::uint64_t, std::uint64_t, int>;
      std::vector<Piece> pieces;
      std::vector<Piece> pieces_one_by_one;
      map.UpdateEach(
          stretches, scratch,
          [&](const Stretch& stretch, std::uint64_t begin, std::uint64_t end, const int* value) {
            pieces.emplace_back(begin, end, value == nullptr ? -1 : *value);
            return next(stretch, value);
          });
      for (const Stretch& stretch : stretches) {
        one_by_one.Update(stretch.begin, stretch.end,
                          [&](std::uint64_t begin, std::uint64_t end, const int* value) {
                            pieces_one_by_one.emplace_back(begin, end,
                                                           value == nullptr ? -1 : *value);
                            return next(stretch, value);
                          });
      }
      REQUIRE(IsCanonical(map));
      REQUIRE(map.intervals() == one_by_one.intervals());
      REQUIRE(pieces == pieces_one_by_one);
    }
  }
}

}  // namespace
}  // namespace lockstep::tests
