// Means, Student's t and Welch's test, against tables, by hand and by simulation.

#include "analysis/results/statistics.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "protocols/core/random.h"

// The last include, since its CHECK takes the place of ours.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::HalfWidth;
using analysis::HolmAdjusted;
using analysis::Mean;
using analysis::MeanOf;
using analysis::StudentT;
using analysis::WelchP;

// Near a normal distribution of mean 0 and deviation 1: twelve uniform numbers in [0, 1], less 6.
double Normal(core::Random& random) {
  constexpr std::uint64_t kGrain = 1 << 20;
  std::uint64_t sum = 0;
  for (int i = 0; i < 12; ++i) sum += random.Below(kGrain);
  return static_cast<double>(sum) / kGrain - 6;
}

std::vector<double> Normals(core::Random& random, std::size_t count, double mean, double spread) {
  std::vector<double> values(count);
  for (double& value : values) value = mean + spread * Normal(random);
  return values;
}

}  // namespace

TEST_CASE("statistics: the mean and variance of a few numbers are those of the textbook") {
  const Mean mean = MeanOf({2, 4, 4, 4, 5, 5, 7, 9});
  CHECK(mean.count == 8);
  CHECK(mean.mean == 5);
  CHECK(mean.variance == doctest::Approx(32.0 / 7));
  CHECK(MeanOf({}).count == 0);
  CHECK(MeanOf({3}).mean == 3);
  CHECK(MeanOf({3}).variance == 0);
}

TEST_CASE("statistics: a small variance far from zero is not lost to rounding") {
  // The sum of squares less the square of the sum would be off by more than the variance itself.
  const Mean mean = MeanOf({1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16});
  CHECK(mean.mean == 1e9 + 10);
  CHECK(mean.variance == 30);
}

TEST_CASE("statistics: equal values have exactly their mean and no variance") {
  for (const double value : {0.1, 1.0 / 3, 1e300, -7e-300}) {
    CAPTURE(value);
    const Mean mean = MeanOf(std::vector<double>(7, value));
    CHECK(mean.mean == value);
    CHECK(mean.variance == 0);
  }
}

TEST_CASE("statistics: Student's t is that of the published tables") {
  CHECK(StudentT(1, 0.025) == doctest::Approx(12.706).epsilon(0.0001));
  CHECK(StudentT(2, 0.025) == doctest::Approx(4.303).epsilon(0.0002));
  CHECK(StudentT(10, 0.025) == doctest::Approx(2.228).epsilon(0.0003));
  CHECK(StudentT(30, 0.025) == doctest::Approx(2.042).epsilon(0.0003));
  CHECK(StudentT(120, 0.025) == doctest::Approx(1.980).epsilon(0.0003));
  CHECK(StudentT(10, 0.005) == doctest::Approx(3.169).epsilon(0.0002));
  CHECK(StudentT(5, 0.5) == 0);
}

TEST_CASE("statistics: one value has no interval, two equal ones an interval of no width") {
  CHECK_FALSE(HalfWidth(MeanOf({})));
  CHECK_FALSE(HalfWidth(MeanOf({5})));
  CHECK(HalfWidth(MeanOf({5, 5})) == 0);
  // df 1, variance 2, of the mean 1.
  CHECK(*HalfWidth(MeanOf({4, 6})) == doctest::Approx(12.706).epsilon(0.0001));
}

TEST_CASE("statistics: of 95 % intervals, 95 % hold the true mean") {
  constexpr int kDraws = 4000;
  core::Random root(17);
  for (const std::size_t seeds : {2U, 3U, 5U, 20U}) {
    CAPTURE(seeds);
    core::Random random = root.Fork(std::to_string(seeds));
    int covered = 0;
    for (int i = 0; i < kDraws; ++i) {
      const Mean mean = MeanOf(Normals(random, seeds, 1000, 30));
      if (std::abs(mean.mean - 1000) <= *HalfWidth(mean)) ++covered;
    }
    CHECK(covered >= kDraws * 935 / 1000);
    CHECK(covered <= kDraws * 965 / 1000);
  }
}

TEST_CASE("statistics: Welch's p is that of the closed form for two degrees of freedom") {
  // With df 2, p = 1 - |t| / sqrt(2 + t^2). One side alone varies: df = 3 - 1, t^2 = 3^2 / (1 / 3).
  const Mean varies = MeanOf({1, 2, 3});
  const Mean constant = MeanOf({5, 5, 5, 5, 5});
  const double p = 1 - std::sqrt(27.0 / 29);
  CHECK(*WelchP(varies, constant) == doctest::Approx(p));
  CHECK(*WelchP(constant, varies) == *WelchP(varies, constant));
  // Both vary alike: df = 2 * (2 - 1), t^2 = 4^2 / (2 * 0.5 / 2).
  CHECK(*WelchP(MeanOf({1, 2}), MeanOf({5, 6})) == doctest::Approx(1 - std::sqrt(32.0 / 34)));
}

TEST_CASE("statistics: the noise of a single value is unknown, whatever the other side has") {
  const Mean one = MeanOf({1});
  const Mean many = MeanOf({100, 101, 102});
  CHECK_FALSE(WelchP(one, many));
  CHECK_FALSE(WelchP(many, one));
  CHECK_FALSE(WelchP(one, one));
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK_FALSE(WelchP(MeanOf({1, infinity}), many));
}

TEST_CASE("statistics: without variance any difference counts, and none is none") {
  CHECK(WelchP(MeanOf({5, 5}), MeanOf({6, 6, 6})) == 0);
  CHECK(WelchP(MeanOf({5, 5}), MeanOf({5, 5, 5})) == 1);
}

TEST_CASE("statistics: Welch's test takes the extremes of a double") {
  // The squares of these variances are below the smallest double.
  CHECK(*WelchP(MeanOf({1e-100, 2e-100}), MeanOf({5e-100, 6e-100})) ==
        doctest::Approx(*WelchP(MeanOf({1, 2}), MeanOf({5, 6}))));
  CHECK(*WelchP(MeanOf({1, 1 + 1e-15, 1}), MeanOf({1e9, 1e9, 1e9})) < 1e-10);
}

TEST_CASE("statistics: at level 5 %, Welch's test errs in 5 % of equal pairs of unequal spread") {
  constexpr int kDraws = 4000;
  core::Random random = core::Random(23).Fork("welch");
  int errors = 0;
  int found = 0;
  for (int i = 0; i < kDraws; ++i) {
    const Mean a = MeanOf(Normals(random, 5, 1000, 10));
    const Mean b = MeanOf(Normals(random, 8, 1000, 40));
    const Mean moved = MeanOf(Normals(random, 8, 1100, 40));
    if (*WelchP(a, b) <= 0.05) ++errors;
    if (*WelchP(a, moved) <= 0.05) ++found;
  }
  CHECK(errors >= kDraws * 35 / 1000);
  CHECK(errors <= kDraws * 65 / 1000);
  CHECK(found >= kDraws * 99 / 100);
}

TEST_CASE("statistics: Holm's rule raises each p by the tests not yet rejected, in order") {
  // Sorted: 0.005 * 4, 0.01 * 3, 0.03 * 2, 0.04 * 1; none below the one before it.
  const std::vector<double> adjusted = HolmAdjusted({0.01, 0.04, 0.03, 0.005});
  REQUIRE(adjusted.size() == 4);
  CHECK(adjusted[3] == doctest::Approx(0.02));
  CHECK(adjusted[0] == doctest::Approx(0.03));
  CHECK(adjusted[2] == doctest::Approx(0.06));
  CHECK(adjusted[1] == doctest::Approx(0.06));
  CHECK(HolmAdjusted({}).empty());
  CHECK(HolmAdjusted({0.9, 0.8}) == std::vector<double>{1, 1});
  CHECK(HolmAdjusted({0, 0.5}) == std::vector<double>{0, 0.5});
}

}  // namespace lockstep::tests
