// Means, Student's t and Welch's test: see statistics.h.
//
// Boost.Math is included here alone, since it takes seconds to compile.

#include "analysis/results/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "boost/math/distributions/complement.hpp"
#include "boost/math/distributions/students_t.hpp"

#include "protocols/core/check.h"

namespace lockstep::analysis {
namespace {

namespace math = boost::math::policies;

// No exception leaves Boost: what cannot be computed is a NaN or an infinity, which callers look
// for. Without promotion a double is computed as a double, whatever long double is on the machine.
using Quiet =
    math::policy<math::domain_error<math::ignore_error>, math::pole_error<math::ignore_error>,
                 math::overflow_error<math::ignore_error>,
                 math::underflow_error<math::ignore_error>, math::denorm_error<math::ignore_error>,
                 math::evaluation_error<math::ignore_error>,
                 math::rounding_error<math::ignore_error>,
                 math::indeterminate_result_error<math::ignore_error>, math::promote_double<false>>;
using Student = boost::math::students_t_distribution<double, Quiet>;

bool IsFinite(const Mean& mean) { return std::isfinite(mean.mean) && std::isfinite(mean.variance); }

// Of the mean, where `mean.variance` is that of one value.
double VarianceOfMean(const Mean& mean) { return mean.variance / static_cast<double>(mean.count); }

double DegreesOfFreedom(const Mean& mean) { return static_cast<double>(mean.count - 1); }

}  // namespace

// Two passes, with the second corrected for the rounding of the first (Chan, Golub and LeVeque,
// "Algorithms for computing the sample variance", 1983). The first is relative to the first value,
// so that equal values have exactly that mean, and exactly no variance.
Mean MeanOf(const std::vector<double>& values) {
  if (values.empty()) return {};
  const auto count = static_cast<double>(values.size());
  const double origin = values[0];
  double sum = 0;
  for (const double value : values) sum += value - origin;
  Mean result{values.size(), origin + sum / count, 0};
  if (values.size() < 2) return result;
  double squares = 0;
  double remainder = 0;
  for (const double value : values) {
    const double deviation = value - result.mean;
    squares += deviation * deviation;
    remainder += deviation;
  }
  result.variance = std::max(0.0, (squares - remainder * remainder / count) / (count - 1));
  return result;
}

std::optional<double> HalfWidth(const Mean& mean, double confidence) {
  CHECK(confidence > 0);
  CHECK(confidence < 1);
  if (mean.count < 2) return std::nullopt;
  return StudentT(DegreesOfFreedom(mean), (1 - confidence) / 2) * std::sqrt(VarianceOfMean(mean));
}

double StudentT(double df, double tail) {
  CHECK(df > 0);
  CHECK(tail > 0);
  CHECK(tail <= 0.5);
  return boost::math::quantile(boost::math::complement(Student(df), tail));
}

// t = (mean_b - mean_a) / sqrt(v_a + v_b), v the variances of the means;
// df = (v_a + v_b)^2 / (v_a^2 / (n_a - 1) + v_b^2 / (n_b - 1))   (Welch and Satterthwaite)
// computed by the share of each in the sum, so that no square leaves the range of a double.
std::optional<double> WelchP(const Mean& a, const Mean& b) {
  if (a.count < 2 || b.count < 2) return std::nullopt;
  if (!IsFinite(a) || !IsFinite(b)) return std::nullopt;
  if (a.mean == b.mean) return 1;
  const double variance = VarianceOfMean(a) + VarianceOfMean(b);
  if (variance == 0) return 0;
  const double of_a = VarianceOfMean(a) / variance;
  const double of_b = VarianceOfMean(b) / variance;
  const double df = 1 / (of_a * of_a / DegreesOfFreedom(a) + of_b * of_b / DegreesOfFreedom(b));
  const double t = std::abs(b.mean - a.mean) / std::sqrt(variance);
  if (!std::isfinite(t)) return 0;
  const double tail = boost::math::cdf(boost::math::complement(Student(df), t));
  return std::clamp(2 * tail, 0.0, 1.0);
}

std::vector<double> HolmAdjusted(const std::vector<double>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t i, std::size_t j) { return p[i] < p[j]; });
  std::vector<double> adjusted(p.size());
  double highest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const auto left = static_cast<double>(order.size() - rank);
    highest = std::max(highest, std::min(1.0, left * p[order[rank]]));
    adjusted[order[rank]] = highest;
  }
  return adjusted;
}

}  // namespace lockstep::analysis
