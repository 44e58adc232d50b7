// What a handful of seeds say about a mean, and whether two such means differ.
//
// Source: Student's t, and Welch's test for unequal variances; quantiles from Boost.Math.

#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace lockstep::analysis {

struct Mean {
  std::size_t count = 0;
  double mean = 0;
  double variance = 0;  // of one value: the sum of squares over count - 1; 0 where count is 1
};
Mean MeanOf(const std::vector<double>& values);

// Half the width of the confidence interval of the mean; none for fewer than two values.
std::optional<double> HalfWidth(const Mean& mean, double confidence = 0.95);

// The quantile of Student's t with `df` degrees of freedom (> 0) that leaves `tail` (in (0, 0.5])
// above it.
double StudentT(double df, double tail);

// The two-sided p-value of Welch's test: how likely noise alone puts the means this far apart.
// Where neither has a variance, any difference counts: 0 if they differ and 1 if not. None where
// one of them has a single value, so that the noise is unknown, or is not finite.
std::optional<double> WelchP(const Mean& a, const Mean& b);

// p-values raised by Holm's step-down rule, in the order given: to reject where the adjusted value
// is at most alpha errs anywhere among them with probability alpha at most, whether or not the
// tests depend on each other (Holm, "A simple sequentially rejective multiple test procedure",
// 1979).
std::vector<double> HolmAdjusted(const std::vector<double>& p);

}  // namespace lockstep::analysis
