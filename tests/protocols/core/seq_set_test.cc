// A set of sequence numbers, against std::set.

#include "protocols/core/seq_set.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "protocols/core/lane_line.h"
#include "protocols/core/random.h"
#include "protocols/core/run.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Run;
using core::SeqSet;
using Naive = std::set<std::uint64_t>;

std::uint64_t FrontierOf(const Naive& naive) {
  std::uint64_t frontier = 0;
  while (naive.contains(frontier)) ++frontier;
  return frontier;
}

// The numbers of all runs; none may come twice.
Naive NumbersOf(const std::vector<Run>& runs) {
  Naive numbers;
  for (const Run& run : runs) {
    for (std::uint64_t i = 0; i < run.count; ++i) REQUIRE(numbers.insert(run.At(i)).second);
  }
  return numbers;
}

TEST_CASE("seq set: the frontier waits for the gap") {
  SeqSet set(28);
  CHECK(set.Frontier() == 0);
  CHECK(set.End() == 0);
  set.Insert({1, 5, 1});
  CHECK(set.Frontier() == 0);
  CHECK(set.End() == 6);
  set.Insert({0, 1, 1});
  CHECK(set.Frontier() == 6);
  set.Insert({7, 1, 1});
  CHECK(set.Frontier() == 6);
  CHECK(set.Count() == 7);
  CHECK(set.Contains(7));
  CHECK_FALSE(set.Contains(6));
  CHECK(set.ContainsAll({0, 3, 2}));
  CHECK_FALSE(set.ContainsAll({2, 3, 2}));
}

TEST_CASE("seq set: what is all new comes back as it was, what is known does not") {
  SeqSet set(28);
  CHECK(set.Insert({3, 10, 4}) == std::vector<Run>{{3, 10, 4}});
  CHECK(set.Insert({3, 10, 4}).empty());
  CHECK(set.Insert({3, 0, 4}).empty());
  CHECK(NumbersOf(set.Insert({3, 12, 4})) == Naive{43, 47});
}

TEST_CASE("seq set: random runs agree with a set of single numbers") {
  core::Random random = core::Random(3).Fork("seq set");
  for (const std::uint64_t of_set :
       {std::uint64_t{1}, std::uint64_t{3}, std::uint64_t{16}, std::uint64_t{28}, SeqSet::kDense}) {
    CAPTURE(of_set);
    SeqSet set(of_set);
    const std::uint64_t period = set.period();
    Naive naive;
    for (int step = 0; step < 300; ++step) {
      const std::vector<std::uint64_t> strides = {1, 2, 4, 5, period, 2 * period};
      const Run run{random.Below(300), random.Below(12), strides[random.Below(strides.size())]};
      Naive fresh;
      for (std::uint64_t i = 0; i < run.count; ++i) {
        if (naive.insert(run.At(i)).second) fresh.insert(run.At(i));
      }
      REQUIRE(NumbersOf(set.Insert(run)) == fresh);
      REQUIRE(set.Frontier() == FrontierOf(naive));
      REQUIRE(set.Count() == naive.size());
      REQUIRE(set.End() == (naive.empty() ? 0 : *naive.rbegin() + 1));
      const std::uint64_t begin = set.Frontier() + random.Below(200);
      const std::uint64_t end = begin + random.Below(100);
      std::vector<Run> held;
      set.ForEachHeld(begin, end, [&](const Run& part) { held.push_back(part); });
      REQUIRE(NumbersOf(held) == Naive(naive.lower_bound(begin), naive.lower_bound(end)));
      std::vector<Run> missing;
      set.ForEachMissing(begin, end, [&](const Run& part) { missing.push_back(part); });
      REQUIRE(NumbersOf(missing).size() + NumbersOf(held).size() == end - begin);
      for (const std::uint64_t number : NumbersOf(missing)) REQUIRE(!naive.contains(number));
      const std::uint64_t number = random.Below(400);
      REQUIRE(set.Contains(number) == naive.contains(number));
      std::vector<SeqSet::Stretch> stretches;
      bool is_each_held = true;
      for (std::uint64_t i = random.Below(4); i > 0; --i) {
        const std::uint64_t first = random.Below(set.Frontier() + 20);
        const std::uint64_t place = set.line().Place(first);
        stretches.push_back({place, place + 1 + random.Below(3)});
        for (std::uint64_t at = place; at < stretches.back().end; ++at) {
          is_each_held = is_each_held && naive.contains(set.line().Number(at));
        }
      }
      std::sort(stretches.begin(), stretches.end(),
                [](const auto& a, const auto& b) { return a.begin < b.begin; });
      REQUIRE(set.ContainsEach(stretches) == is_each_held);
    }
  }
}

TEST_CASE("seq set: a dense one is the same on both sides of what it holds as bits") {
  core::Random random = core::Random(5).Fork("dense");
  SeqSet set(SeqSet::kDense);
  SeqSet lanes(7);
  const auto in_order = [](std::vector<Run> runs) {
    const Naive numbers = NumbersOf(runs);
    return std::vector<std::uint64_t>(numbers.begin(), numbers.end());
  };
  constexpr std::uint64_t kFar = std::uint64_t{1} << 22;
  std::uint64_t base = 0;
  for (int step = 0; step < 600; ++step) {
    if (step % 150 == 149) {
      // Closes what lies between, so that what was far is near.
      const Run all{base, kFar, 1};
      std::uint64_t fresh[2] = {0, 0};
      for (const Run& run : set.Insert(all)) fresh[0] += run.count;
      for (const Run& run : lanes.Insert(all)) fresh[1] += run.count;
      REQUIRE(fresh[0] == fresh[1]);
      base = set.Frontier();
    }
    const Run run{
        base + random.Below(2) * kFar - std::min(base, std::uint64_t{40}) + random.Below(200),
        1 + random.Below(70), 1 + random.Below(8)};
    REQUIRE(in_order(set.Insert(run)) == in_order(lanes.Insert(run)));
    REQUIRE(set.Frontier() == lanes.Frontier());
    REQUIRE(set.Count() == lanes.Count());
    REQUIRE(set.End() == lanes.End());
    REQUIRE(set.ContainsAll(run));
    const std::uint64_t number =
        set.Frontier() + random.Below(2) * (kFar - 200) + random.Below(500);
    REQUIRE(set.Contains(number) == lanes.Contains(number));
    REQUIRE(set.ContainsEach({{number, number + 3}}) == lanes.ContainsAll({number, 3, 1}));
    std::vector<Run> held[2];
    set.ForEachHeld(number, number + 400, [&](const Run& part) { held[0].push_back(part); });
    lanes.ForEachHeld(number, number + 400, [&](const Run& part) { held[1].push_back(part); });
    REQUIRE(in_order(held[0]) == in_order(held[1]));
    const std::vector<Run> first = set.FirstHeld(number, number + 400, 3);
    REQUIRE(first.size() <= 3);
    const auto some = in_order(first);
    const auto all = in_order(held[0]);
    REQUIRE(some.size() <= all.size());
    REQUIRE(std::equal(some.begin(), some.end(), all.begin()));
    REQUIRE((first.size() == 3 || some == all));
  }
}

TEST_CASE("seq set: a dense one takes no memory for what lies before the end of the world") {
  SeqSet set(SeqSet::kDense);
  set.Insert({core::LaneLine::kNumberLimit - 9, 9, 1});
  set.Insert({std::uint64_t{1} << 40, 100, std::uint64_t{1} << 50});
  CHECK(set.size() <= 101);
  CHECK(set.Contains(core::LaneLine::kNumberLimit - 5));
  CHECK_FALSE(set.Contains(core::LaneLine::kNumberLimit - 10));
  // All the way there at once.
  set.Insert({0, core::LaneLine::kNumberLimit - 9, 1});
  CHECK(set.Frontier() == core::LaneLine::kNumberLimit);
}

TEST_CASE("seq set: memory is for gaps, not for what came, nor for lanes") {
  constexpr std::uint64_t kPeriod = 160'000;  // 400 against 400
  constexpr std::uint64_t kWindow = 100;
  core::Random random = core::Random(4).Fork("seq set");
  SeqSet set(kPeriod);
  std::size_t most = 0;
  for (std::uint64_t begin = 0; begin < 1'000 * kWindow; begin += kWindow) {
    // The window's numbers come in any order.
    std::vector<std::uint64_t> numbers(kWindow);
    for (std::uint64_t i = 0; i < kWindow; ++i) numbers[i] = begin + i;
    for (std::uint64_t i = kWindow; i > 1; --i) {
      std::swap(numbers[i - 1], numbers[random.Below(i)]);
    }
    for (const std::uint64_t number : numbers) {
      set.Insert({number, 1, 1});
      most = std::max(most, set.size());
    }
    REQUIRE(set.Frontier() == begin + kWindow);
  }
  CHECK(most >= kWindow / 2);
  CHECK(most <= 2 * kWindow);
}

TEST_CASE("seq set: the frontier goes on over many turns of the lanes at once") {
  SeqSet set(28);
  for (std::uint64_t lane = 1; lane < 28; ++lane) set.Insert({lane, 1'000 + lane, 28});
  CHECK(set.Frontier() == 0);
  set.Insert({0, 2'000, 28});
  CHECK(set.Frontier() == 1'001 * 28 + 1);
}

}  // namespace
}  // namespace lockstep::tests
