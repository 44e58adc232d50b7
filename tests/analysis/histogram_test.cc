// Quantiles of numbers that are known one by one.

#include "analysis/histogram.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "protocols/core/random.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Histogram;

// The number at that rank of all, counted from 1.
std::uint64_t Ranked(const std::vector<std::uint64_t>& sorted, std::uint64_t numerator,
                     std::uint64_t denominator) {
  const std::uint64_t rank = (sorted.size() * numerator + denominator - 1) / denominator;
  return sorted[std::max<std::uint64_t>(rank, 1) - 1];
}

// One bucket is at most 1/128 of what is in it, and its middle at most half of that away.
void CheckClose(std::uint64_t found, std::uint64_t exact) {
  const std::uint64_t error = found > exact ? found - exact : exact - found;
  CHECK(error <= exact / 256 + 1);
}

TEST_CASE("histogram: small numbers are exact") {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 100; ++value) histogram.Add(value);
  CHECK(histogram.count() == 100);
  CHECK(histogram.min() == 1);
  CHECK(histogram.max() == 100);
  for (std::uint64_t percent = 1; percent <= 100; ++percent) {
    CHECK(histogram.Quantile(percent, 100) == percent);
  }
  CHECK(histogram.Quantile(0, 100) == 1);
  CHECK(histogram.Quantile(501, 1000) == 51);  // Half of them are not above 50, 50.1 % are.
}

TEST_CASE("histogram: at any size, quantiles are within half a bucket") {
  core::Random random(1);
  Histogram histogram;
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t doublings = random.Below(62);
    values.push_back(random.Below((std::uint64_t{1} << doublings) + 1));
    histogram.Add(values.back());
  }
  std::sort(values.begin(), values.end());
  CHECK(histogram.min() == values.front());
  CHECK(histogram.max() == values.back());
  for (std::uint64_t per_mille = 1; per_mille <= 1000; ++per_mille) {
    CAPTURE(per_mille);
    CheckClose(histogram.Quantile(per_mille, 1000), Ranked(values, per_mille, 1000));
  }
}

TEST_CASE("histogram: buckets go on without a gap at every doubling") {
  for (std::uint64_t power = 6; power <= 62; ++power) {
    for (const std::int64_t beside : {-1, 0, 1}) {
      const std::uint64_t value = (std::uint64_t{1} << power) + static_cast<std::uint64_t>(beside);
      if (value > Histogram::kMost) continue;
      CAPTURE(value);
      Histogram histogram;
      histogram.Add(0);
      histogram.Add(value, 2);
      histogram.Add(Histogram::kMost);
      CheckClose(histogram.Quantile(1, 2), value);
    }
  }
}

TEST_CASE("histogram: a weight is as many numbers, however many") {
  Histogram histogram;
  histogram.Add(7, 0);
  CHECK(histogram.count() == 0);
  histogram.Add(10, (std::uint64_t{1} << 60) - 1);
  histogram.Add(20, (std::uint64_t{1} << 60) + 1);
  CHECK(histogram.count() == std::uint64_t{1} << 61);
  CHECK(histogram.min() == 10);
  CHECK(histogram.Quantile(499, 1000) == 10);
  CHECK(histogram.Quantile(1, 2) == 20);
}

TEST_CASE("histogram: merged, it is that of all the numbers") {
  core::Random random(2);
  Histogram all;
  Histogram parts[2];
  for (std::uint64_t i = 0; i < 1001; ++i) {
    const std::uint64_t value = random.Below(1'000'000'000);
    all.Add(value, 3);
    parts[i % 2].Add(value, 3);
  }
  parts[0].Merge(parts[1]);
  parts[0].Merge(Histogram());
  CHECK(parts[0].count() == 3003);
  CHECK(parts[0].min() == all.min());
  CHECK(parts[0].max() == all.max());
  for (std::uint64_t percent = 0; percent <= 100; ++percent) {
    CHECK(parts[0].Quantile(percent, 100) == all.Quantile(percent, 100));
  }
}

TEST_CASE("histogram: from its numbers an equal one is made") {
  for (const std::uint64_t count : {0U, 1U, 2U, 3U, 2'000U}) {
    CAPTURE(count);
    core::Random random(count);
    Histogram histogram;
    for (std::uint64_t i = 0; i < count; ++i)
      histogram.Add(257 + random.Below(std::uint64_t{1} << (i % 40)));
    Histogram again;
    for (const Histogram::Counted& number : histogram.Numbers())
      again.Add(number.value, number.count);
    CHECK(again.count() == histogram.count());
    CHECK(again.min() == histogram.min());
    CHECK(again.max() == histogram.max());
    for (std::uint64_t permille = 0; permille <= 1'000; ++permille)
      CHECK(again.Quantile(permille, 1'000) == histogram.Quantile(permille, 1'000));
  }
}

TEST_CASE("histogram: of nothing, all is 0") {
  const Histogram histogram;
  CHECK(histogram.min() == 0);
  CHECK(histogram.max() == 0);
  CHECK(histogram.Quantile(1, 2) == 0);
}

}  // namespace
}  // namespace lockstep::tests
