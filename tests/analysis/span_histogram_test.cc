// Spans of time by the nanosecond: quantiles are those of the sorted spans.

#include "analysis/span_histogram.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "protocols/core/random.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::SpanHistogram;
using core::Duration;

}  // namespace

TEST_CASE("span histogram: near 0 a quantile is exact to the nanosecond, of either sign") {
  core::Random random(5);
  SpanHistogram histogram;
  std::vector<std::int64_t> all;
  for (int i = 0; i < 2'000; ++i) {
    const auto ps = static_cast<std::int64_t>(random.Below(131'000'000)) - 65'500'000;
    all.push_back(ps);
    histogram.Add(Duration::Picoseconds(ps));
  }
  std::sort(all.begin(), all.end());
  CHECK(histogram.count() == all.size());
  CHECK(histogram.least().ps() == all.front());
  CHECK(histogram.most().ps() == all.back());
  for (const std::uint64_t permille : {1U, 17U, 500U, 501U, 983U, 999U}) {
    const std::size_t rank = (all.size() * permille + 999) / 1'000;
    const std::int64_t wanted = all[rank - 1];
    const std::int64_t got = histogram.Quantile(permille, 1'000).ps();
    CHECK(got <= wanted);
    CHECK(wanted - got < 1'000);
  }
}

TEST_CASE("span histogram: what is below 0 stays below it") {
  SpanHistogram histogram;
  histogram.Add(Duration::Picoseconds(-1));
  histogram.Add(Duration::Picoseconds(1));
  histogram.Add(Duration::Picoseconds(1));
  CHECK(histogram.Quantile(1, 3) < Duration());
  CHECK(histogram.Quantile(2, 3) == Duration());
}

TEST_CASE("span histogram: further away a quantile is less than 0.4 % off") {
  SpanHistogram histogram;
  for (std::int64_t i = 1; i <= 1'000; ++i) {
    histogram.Add(Duration::Microseconds(i * 100));
    histogram.Add(Duration::Microseconds(-i * 100));
  }
  const auto is_near = [](Duration got, std::int64_t us) {
    const std::int64_t wanted = us * 1'000'000;
    return std::abs(got.ps() - wanted) * 1'000 <= 4 * std::abs(wanted);
  };
  CHECK(is_near(histogram.Quantile(1, 4), -50'100));
  CHECK(is_near(histogram.Quantile(3, 4), 50'000));
  CHECK(histogram.Quantile(0, 1) == histogram.least());
  CHECK(histogram.Quantile(1, 1) == histogram.most());
}

TEST_CASE("span histogram: from what it holds an equal one is made, near and far, of either sign") {
  for (const int kinds : {1, 2, 3}) {
    CAPTURE(kinds);
    core::Random random(7);
    SpanHistogram histogram;
    for (int i = 0; i < 3'001; ++i) {
      const auto ps = static_cast<std::int64_t>(random.Below(std::uint64_t{1} << (20 + i % 20)));
      histogram.Add(Duration::Picoseconds(kinds == 1 || (kinds == 3 && i % 2 == 0) ? ps : -1 - ps));
    }
    SpanHistogram again;
    for (const SpanHistogram::Counted& counted : histogram.Spans()) again.AddCounted(counted);
    again.SetEnds(histogram.least(), histogram.most());
    CHECK(again.count() == histogram.count());
    for (std::uint64_t permille = 0; permille <= 1'000; ++permille)
      CHECK(again.Quantile(permille, 1'000) == histogram.Quantile(permille, 1'000));
  }
}

TEST_CASE("span histogram: an empty one has nothing but zeros") {
  const SpanHistogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.Quantile(1, 2) == Duration());
}

}  // namespace lockstep::tests
