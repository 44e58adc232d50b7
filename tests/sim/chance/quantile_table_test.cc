// Tables of quantiles against the exact distributions, in floating point.

#include "sim/chance/quantile_table.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "protocols/core/random.h"
#include "sim/chance/fixed.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::sim {
namespace {

using core::Duration;
using Cdf = std::function<double(double)>;  // of picoseconds

const Duration kSecond = Duration::Seconds(1);  // A scale that makes rounding to 1 ps nothing.
constexpr double kSecondPs = 1e12;

double Exponential(double mean, double x) { return -std::expm1(-x / mean); }
double HalfNormal(double sigma, double x) { return std::erf(x / sigma / std::sqrt(2.0)); }
double Lognormal(double median, double sigma, double x) {
  return x <= 0 ? 0 : 0.5 * std::erfc(-std::log(x / median) / sigma / std::sqrt(2.0));
}
double Pareto(double scale, double shape, double x) {
  return x <= scale ? 0 : 1 - std::pow(scale / x, shape);
}

// The greatest |F_table(x) - F(x)| below `cap_ps`: x is the quantile of what the table says is its
// probability, at 2^20 probabilities and at those near both ends.
double ErrorOf(const QuantileTable& table, const Cdf& exact, double cap_ps) {
  double error = 0;
  const auto look = [&](std::uint64_t probability) {
    const auto x = static_cast<double>(table.At(probability).ps());
    if (x >= cap_ps) return;
    error =
        std::max(error, std::fabs(std::ldexp(static_cast<double>(probability), -64) - exact(x)));
  };
  for (std::uint64_t i = 0; i < (1U << 20); ++i) look(i << 44);
  for (int bit = 0; bit < 64; ++bit) {
    look(std::uint64_t{1} << bit);
    look(0 - (std::uint64_t{1} << bit));
  }
  return error;
}

// How far the tail at probability 2^-bit is from that, as a share of it.
double TailErrorOf(const QuantileTable& table, const Cdf& tail) {
  double error = 0;
  for (int bit = 1; bit <= 50; ++bit) {
    for (const std::uint64_t shape : {8U, 11U, 15U}) {  // Between powers of two, too.
      const std::uint64_t above = (std::uint64_t{1} << (63 - bit)) / 8 * shape;
      const auto x = static_cast<double>(table.At(0 - above).ps());
      const double probability = std::ldexp(static_cast<double>(above), -64);
      error = std::max(error, std::fabs(tail(x) / probability - 1));
    }
  }
  return error;
}

// Kolmogorov's D * sqrt(n) of n samples; above 1.95 once in a thousand seeds.
double KolmogorovOf(const QuantileTable& table, const Cdf& exact) {
  constexpr int kSamples = 200'000;
  core::Random random = core::Random(42).Fork("kolmogorov");
  std::vector<double> samples;
  for (int i = 0; i < kSamples; ++i)
    samples.push_back(static_cast<double>(table.At(random.Next()).ps()));
  std::sort(samples.begin(), samples.end());
  double distance = 0;
  for (int i = 0; i < kSamples; ++i) {
    const double at = exact(samples[static_cast<std::size_t>(i)]);
    distance = std::max({distance, at - i / double{kSamples}, (i + 1) / double{kSamples} - at});
  }
  return distance * std::sqrt(double{kSamples});
}

bool IsNear(Duration got, double wanted_ps, double share = 1e-5) {
  return std::fabs(static_cast<double>(got.ps()) - wanted_ps) <= share * wanted_ps + 1;
}

}  // namespace

TEST_CASE("fixed: exponentials agree with those of libm") {
  for (int i = -6'000; i <= 6'000; ++i) {
    const double x = i / 128.0;
    const Scaled got = Exp(Fixed(i) * (kFixedOne / 128));
    const double value = std::ldexp(static_cast<double>(got.mantissa), got.exponent - kFixedBits);
    CHECK(std::fabs(value / std::exp(x) - 1) < 1e-14);
    CHECK(got.mantissa >= kFixedOne);
    CHECK(got.mantissa < 2 * kFixedOne);
  }
  CHECK(ExpNegative(0) == ~std::uint64_t{0});
  CHECK(ExpNegative(Fixed(45) * kFixedOne) == 0);
  CHECK(Multiply(1'000, Exp(0), 5'000) == 1'000);
  CHECK(Multiply(1'000, Exp(Fixed(1) * kFixedOne), 5'000) == 2'718);
  CHECK(Multiply(1'000, Exp(Fixed(2) * kFixedOne), 5'000) == 5'000);
  CHECK(Multiply(1'000, Exp(Fixed(200) * kFixedOne), 5'000) == 5'000);
  CHECK(Multiply(1'000, Exp(Fixed(-200) * kFixedOne), 5'000) == 0);
}

TEST_CASE("quantile table: the exponential one is within 1e-6 of the exact one") {
  const QuantileTable table = QuantileTable::Exponential(kSecond);
  const Cdf exact = [](double x) { return Exponential(kSecondPs, x); };
  CHECK(ErrorOf(table, exact, 1e300) < 1e-6);
  CHECK(TailErrorOf(table, [](double x) { return std::exp(-x / kSecondPs); }) < 0.01);
  CHECK(KolmogorovOf(table, exact) < 1.95);
  CHECK(IsNear(table.mean(), kSecondPs));
  CHECK(table.min() == Duration());
  CHECK(table.max() <= kSecond * 45);
  CHECK(table.size() < 2'100);
}

TEST_CASE("quantile table: the half-normal one is within 1e-6 of the exact one") {
  const QuantileTable table = QuantileTable::HalfNormal(kSecond);
  const Cdf exact = [](double x) { return HalfNormal(kSecondPs, x); };
  CHECK(ErrorOf(table, exact, 1e300) < 1e-6);
  CHECK(TailErrorOf(table, [](double x) { return std::erfc(x / kSecondPs / std::sqrt(2.0)); }) <
        0.01);
  CHECK(KolmogorovOf(table, exact) < 1.95);
  CHECK(IsNear(table.mean(), kSecondPs * std::sqrt(2 / std::acos(-1.0))));
  CHECK(table.min() == Duration());
  CHECK(table.max() <= Duration::Milliseconds(9'250));
  CHECK(table.size() < 2'100);
}

TEST_CASE("quantile table: log-normal ones are within 1e-6 of the exact ones") {
  for (const std::uint64_t tenths : {1U, 5U, 10U, 15U, 40U}) {
    const double sigma = static_cast<double>(tenths) / 10;
    const Duration median = tenths > 10 ? Duration::Milliseconds(1) : Duration::Milliseconds(100);
    const auto median_ps = static_cast<double>(median.ps());
    const QuantileTable table = QuantileTable::Lognormal(median, {tenths, 10});
    const Cdf exact = [&](double x) { return Lognormal(median_ps, sigma, x); };
    CHECK(ErrorOf(table, exact, 3.6e15) < 1e-6);
    CHECK(KolmogorovOf(table, exact) < 1.95);
    CHECK(table.size() < 4'000);
    if (tenths == 40) continue;  // Its mean is in the tail that is cut at an hour.
    CHECK(IsNear(table.mean(), median_ps * std::exp(sigma * sigma / 2), 1e-4));
    CHECK(TailErrorOf(table, [&](double x) {
            return 0.5 * std::erfc(std::log(x / median_ps) / sigma / std::sqrt(2.0));
          }) < 0.01);
  }
}

TEST_CASE("quantile table: Pareto ones are within 1e-6 of the exact ones, up to the cap") {
  for (const std::uint64_t quarters : {1U, 3U, 6U, 20U, 400U}) {
    const double shape = static_cast<double>(quarters) / 4;
    const Duration cap = kSecond * 200;
    const QuantileTable table = QuantileTable::Pareto(kSecond, {quarters, 4}, cap);
    const Cdf exact = [&](double x) { return x >= 2e14 ? 1.0 : Pareto(kSecondPs, shape, x); };
    CHECK(ErrorOf(table, exact, 2e14) < 1e-6);
    CHECK(table.min() == kSecond);
    CHECK(table.max() <= cap);
    CHECK(table.size() < 4'000);
    // The tail stands at the cap, with all its probability.
    const double tail = std::pow(200.0, -shape);
    if (tail < 1e-9) continue;
    CHECK(table.max() == cap);
    const auto below = static_cast<std::uint64_t>(std::ldexp(1 - tail - 2e-6, 64));
    const auto above = static_cast<std::uint64_t>(std::ldexp(1 - tail + 2e-6, 64));
    CHECK(table.At(below) < cap);
    if (tail > 3e-6) CHECK(table.At(above) == cap);
    // E min(X, c) = shape / (shape - 1) * scale - c (scale / c)^shape / (shape - 1).
    const double mean = (shape - 200 * tail) / (shape - 1);
    CHECK(IsNear(table.mean(), mean * kSecondPs, 1e-4));
  }
}

TEST_CASE("quantile table: a short scale is rounded to picoseconds, and no further off") {
  for (const std::int64_t mean_ps : {1, 7, 100}) {
    const QuantileTable table = QuantileTable::Exponential(Duration::Picoseconds(mean_ps));
    const auto mean = static_cast<double>(mean_ps);
    for (std::uint64_t i = 0; i < 4'096; ++i) {
      const std::uint64_t probability = i << 52;
      const double exact = -mean * std::log1p(-std::ldexp(static_cast<double>(probability), -64));
      CHECK(std::fabs(static_cast<double>(table.At(probability).ps()) - exact) <= 1.01);
    }
    CHECK(std::fabs(static_cast<double>(table.mean().ps()) - mean) <= 1);
  }
}

TEST_CASE("quantile table: points come by their weights, to the last draw") {
  const Duration us = Duration::Microseconds(1);
  const QuantileTable table = QuantileTable::Points({{us * 10, 200}, {us, 500}, {us * 2, 300}});
  const auto at = [&](std::uint64_t thousandths, std::uint64_t beyond) {
    // floor(2^64 * n / 1000), to the draw.
    return table.At(static_cast<std::uint64_t>((absl::uint128(thousandths) << 64) / 1'000) +
                    beyond);
  };
  CHECK(at(0, 0) == us);
  CHECK(table.At((std::uint64_t{1} << 63) - 1) == us);
  CHECK(table.At(std::uint64_t{1} << 63) == us * 2);
  CHECK(at(800, 0) == us * 10);
  CHECK(at(800, 0 - std::uint64_t{1}) == us * 2);
  CHECK(table.At(~std::uint64_t{0}) == us * 10);
  CHECK(table.mean() == Duration::Nanoseconds(3'100));
  CHECK(QuantileTable::Points({{us, 1}}).At(5) == us);
  CHECK(QuantileTable::Points({{us, 0}, {us * 3, 2}}).min() == us * 3);
}

TEST_CASE("quantile table: quantiles never go down") {
  core::Random random(3);
  const QuantileTable tables[] = {QuantileTable::Exponential(Duration::Nanoseconds(10)),
                                  QuantileTable::HalfNormal(Duration::Nanoseconds(15)),
                                  QuantileTable::Lognormal(kSecond, {3, 1}),
                                  QuantileTable::Pareto(kSecond, {3, 2}, kSecond)};
  for (const QuantileTable& table : tables) {
    std::vector<std::uint64_t> draws;
    for (int i = 0; i < 10'000; ++i) draws.push_back(random.Next());
    std::sort(draws.begin(), draws.end());
    Duration last = table.min();
    for (const std::uint64_t draw : draws) {
      REQUIRE(table.At(draw) >= last);
      last = table.At(draw);
    }
    CHECK(last <= table.max());
  }
}

}  // namespace lockstep::sim
