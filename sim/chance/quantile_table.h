// A random variable as a table of its quantiles, computed with integers only.
//
// Knots (probability, value) with straight lines between them: a value is the quantile of one
// 64-bit draw. They stand closest where the density changes most, so that before the rounding to
// whole picoseconds |F_table(x) - F(x)| <= 1e-6 for every x; the probability of the tail is within
// a hundredth of itself. What is less likely than 2^-64 cannot be drawn.
//
// A table takes 16 bytes a knot and half a KiB: 29 KiB (exponential), 27 KiB (half-normal), 52 KiB
// (log-normal), up to 56 KiB (Pareto), 32 bytes a point (points).

#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "protocols/core/time.h"
#include "sim/chance/ratio.h"

namespace lockstep::sim {

class QuantileTable {
 public:
  // What would lie above this is put here: no value is more.
  static constexpr core::Duration kMost = core::Duration::Seconds(3'600);

  // Scales are above zero, and at most kMost; so are caps. What lies above a cap is put at the cap,
  // which so has the probability of the whole tail; below it nothing changes.
  static QuantileTable Exponential(core::Duration mean);
  // |X| of a normal X with mean zero.
  static QuantileTable HalfNormal(core::Duration sigma);
  // median * e^(sigma Z), Z standard normal; sigma is in (0, 4].
  static QuantileTable Lognormal(core::Duration median, Ratio sigma, core::Duration cap = kMost);
  // P(X > x) = (scale / x)^shape for x >= scale; the shape is in [0.25, 100]. cap >= scale.
  static QuantileTable Pareto(core::Duration scale, Ratio shape, core::Duration cap = kMost);
  // These values, by their weights; at least one weight is above zero, and they sum up to less than
  // 2^63.
  static QuantileTable Points(std::vector<std::pair<core::Duration, std::uint64_t>> points);

  // The quantile of probability * 2^-64, to the nearest picosecond.
  core::Duration At(std::uint64_t probability) const;
  core::Duration min() const { return core::Duration::Picoseconds(knots_.front().value_ps); }
  core::Duration max() const { return core::Duration::Picoseconds(knots_.back().value_ps); }
  // Of what At gives over all draws, to the nearest picosecond.
  core::Duration mean() const;
  std::size_t size() const { return knots_.size(); }

 private:
  struct Knot {
    std::uint64_t below;  // probability of less than `value_ps`, in units of 2^-64
    std::int64_t value_ps;
  };

  QuantileTable() = default;
  // Knots come in order. The first must stand at probability 0, the last at 2^64 - 1, for one.
  // Those above the cap are put there.
  void Add(std::uint64_t below, std::uint64_t value_ps, core::Duration cap);
  void AddEnd(core::Duration cap);
  void MakeGuide();

  std::vector<Knot> knots_;  // in ascending order of both
  // guide_[b] is the last knot at or below the probability b * 2^-8.
  std::array<std::uint16_t, 257> guide_{};
};

}  // namespace lockstep::sim
