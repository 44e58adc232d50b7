// How the tables of quantile_table.h are computed.
//
// Between knots (v, F(v)) a straight line is off by at most dv^2 / 8 * |F''|; each grid below
// states what that comes to.

#include "sim/chance/quantile_table.h"

#include <algorithm>
#include <limits>

#include "absl/numeric/int128.h"

#include "protocols/core/check.h"
#include "sim/chance/fixed.h"

namespace lockstep::sim {
namespace {

constexpr std::uint64_t kCertain = std::numeric_limits<std::uint64_t>::max();  // stands for 2^64
constexpr std::uint64_t kMostPs = static_cast<std::uint64_t>(QuantileTable::kMost.ps());

std::uint64_t ToPs(core::Duration duration) {
  CHECK(duration.ps() >= 0);
  CHECK(duration <= QuantileTable::kMost);
  return static_cast<std::uint64_t>(duration.ps());
}

// --- The exponential grid ---

// Calls knot(x) for x from 0 until e^-x is below 2^-64. The step doubles whenever x has grown by
// 1.5, so that step^2 * e^-x, and with it the error, never grows; up to 1/8, which keeps the error
// of the tail below 1/8^2 / 8 of itself.
template <typename Visit>
void ForEachExponent(Fixed first_step, const Visit& knot) {
  const Fixed kEnd = Fixed(45) * kFixedOne;
  const Fixed kStage = Fixed(kFixedOne) * 3 / 2;
  const Fixed kStepMost = kFixedOne / 8;
  Fixed step = first_step;
  Fixed stage_end = kStage;
  for (Fixed x = 0; x < kEnd; x += step) {
    if (x >= stage_end) {
      step = std::min(2 * step, kStepMost);
      stage_end += kStage;
    }
    knot(x);
  }
}

// --- The normal grid ---

// Steps of 1/512 up to 9.25 standard deviations; what lies outside is less likely than 2^-64.
constexpr std::uint64_t kNormalSteps = 512;
constexpr std::uint64_t kNormalEnd = 9 * kNormalSteps + kNormalSteps / 4;

Fixed NormalDeviate(std::uint64_t step) { return Fixed(step) * (kFixedOne / kNormalSteps); }

// e^(-z^2 / 2) in units of 2^-100, for z = half_steps / 1024.
absl::uint128 NormalDensity(std::uint64_t half_steps) {
  constexpr int kBits = 100;
  const absl::uint128 z2 = absl::uint128(half_steps) * half_steps;  // units of 2^-20
  const Scaled value = Exp(-Fixed(z2 << (kFixedBits - 20 - 1)));
  return (absl::uint128(value.mantissa) << (kBits - kFixedBits)) >> -value.exponent;
}

// tails[i] = P(|Z| > i / 512) in units of 2^-64, for a standard normal Z: Simpson's rule, from the
// end inwards, so that small tails have small errors, over the whole.
std::vector<std::uint64_t> NormalTails() {
  std::vector<absl::uint128> integral(kNormalEnd + 1);  // up to a factor; below 2^114
  absl::uint128 right = NormalDensity(2 * kNormalEnd);
  for (std::uint64_t i = kNormalEnd; i-- > 0;) {
    const absl::uint128 left = NormalDensity(2 * i);
    integral[i] = integral[i + 1] + (left + 4 * NormalDensity(2 * i + 1) + right) / 6;
    right = left;
  }
  std::vector<std::uint64_t> tails(kNormalEnd + 1, kCertain);
  const absl::uint128 whole = integral[0] >> 52;
  for (std::uint64_t i = 1; i <= kNormalEnd; ++i)
    tails[i] = absl::Uint128Low64((integral[i] << 12) / whole);
  return tails;
}

const std::vector<std::uint64_t>& SharedNormalTails() {
  static const std::vector<std::uint64_t> kTails = NormalTails();
  return kTails;
}

// Which steps of the grid become knots. With s for sigma of a log-normal (0: half-normal), a line
// is off by at most step^2 / 8 * density * (z + s). Half-normal: 4.8e-7 * 0.49, from 2.5 on
// 7.7e-6 * 0.088. Log-normal, s = 4: 4.8e-7 * 1.8, from 2.5 on 7.7e-6 * 0.12, from 4 on
// 1.3e-4 * 0.0011.
bool IsNormalKnot(std::uint64_t step) {
  if (step < kNormalSteps * 5 / 2) return true;
  if (step < kNormalSteps * 4) return step % 4 == 0;
  return step % 16 == 0;
}

}  // namespace

// --- Knots ---

void QuantileTable::Add(std::uint64_t below, std::uint64_t value_ps, core::Duration cap) {
  const auto value = static_cast<std::int64_t>(value_ps);
  if (knots_.empty()) {
    CHECK(below == 0);
    CHECK(value <= cap.ps());
    knots_.push_back({below, value});
    return;
  }
  const Knot last = knots_.back();
  if (below <= last.below && value <= last.value_ps) return;  // No new place.
  if (last.value_ps == cap.ps()) return;
  if (value <= cap.ps()) {
    knots_.push_back({std::max(below, last.below), value});
    return;
  }
  // Where the line to the knot meets the cap.
  const absl::uint128 rise = absl::uint128(below - last.below) *
                             static_cast<std::uint64_t>(cap.ps() - last.value_ps) /
                             static_cast<std::uint64_t>(value - last.value_ps);
  knots_.push_back({last.below + absl::Uint128Low64(rise), cap.ps()});
}

void QuantileTable::AddEnd(core::Duration cap) {
  CHECK(knots_.back().value_ps <= cap.ps());
  // What cannot be told from certain is where the last knot is.
  if (knots_.back().below < kCertain) knots_.push_back({kCertain, knots_.back().value_ps});
  MakeGuide();
}

void QuantileTable::MakeGuide() {
  CHECK(knots_.size() > 1);
  CHECK(knots_.size() <= std::numeric_limits<std::uint16_t>::max());
  std::size_t knot = 0;
  for (std::uint64_t byte = 0; byte < guide_.size(); ++byte) {
    const std::uint64_t probability = byte == 256 ? kCertain : byte << 56;
    while (knot + 1 < knots_.size() && knots_[knot + 1].below <= probability) ++knot;
    guide_[byte] = static_cast<std::uint16_t>(knot);
  }
}

core::Duration QuantileTable::At(std::uint64_t probability) const {
  const std::uint64_t byte = probability >> 56;
  // The last knot at or below: it stands between the two of the guide.
  std::size_t low = guide_[byte];
  std::size_t high = guide_[byte + 1] + std::size_t{1};
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    (knots_[middle].below <= probability ? low : high) = middle;
  }
  const Knot& knot = knots_[low];
  if (low + 1 == knots_.size()) return core::Duration::Picoseconds(knot.value_ps);
  const Knot& next = knots_[low + 1];
  const std::uint64_t width = next.below - knot.below;
  const absl::uint128 rise = absl::uint128(probability - knot.below) *
                             static_cast<std::uint64_t>(next.value_ps - knot.value_ps);
  const std::uint64_t above = absl::Uint128Low64((rise + width / 2) / width);
  return core::Duration::Picoseconds(knot.value_ps + static_cast<std::int64_t>(above));
}

core::Duration QuantileTable::mean() const {
  absl::uint128 twice = 0;  // in units of 2^-64 ps
  for (std::size_t i = 0; i + 1 < knots_.size(); ++i) {
    const auto ends = static_cast<std::uint64_t>(knots_[i].value_ps + knots_[i + 1].value_ps);
    twice += absl::uint128(knots_[i + 1].below - knots_[i].below) * ends;
  }
  const absl::uint128 rounded = (twice + (absl::uint128(1) << 64)) >> 65;
  return core::Duration::Picoseconds(static_cast<std::int64_t>(absl::Uint128Low64(rounded)));
}

// --- Distributions ---

// A line is off by at most step^2 / 8 * e^-x: 4.8e-7.
QuantileTable QuantileTable::Exponential(core::Duration mean) {
  CHECK(mean.ps() > 0);
  const std::uint64_t scale = ToPs(mean);
  QuantileTable table;
  ForEachExponent(kFixedOne / 512, [&](Fixed x) {
    const absl::uint128 value =
        ((absl::uint128(x) >> 20) * scale + (kFixedOne >> 21)) >> (kFixedBits - 20);
    table.Add(kCertain - ExpNegative(x), absl::Uint128Low64(value), kMost);
  });
  table.AddEnd(kMost);
  return table;
}

QuantileTable QuantileTable::HalfNormal(core::Duration sigma) {
  CHECK(sigma.ps() > 0);
  const std::uint64_t scale = ToPs(sigma);
  const std::vector<std::uint64_t>& tails = SharedNormalTails();
  QuantileTable table;
  for (std::uint64_t i = 0; i <= kNormalEnd; ++i) {
    if (IsNormalKnot(i))
      table.Add(kCertain - tails[i], (scale * i + kNormalSteps / 2) / kNormalSteps, kMost);
  }
  table.AddEnd(kMost);
  return table;
}

QuantileTable QuantileTable::Lognormal(core::Duration median, Ratio sigma, core::Duration cap) {
  CHECK(median.ps() > 0);
  CHECK(sigma.numerator > 0);
  CHECK(sigma.numerator <= 4 * sigma.denominator);
  const std::uint64_t scale = ToPs(median);
  ToPs(cap);
  const std::vector<std::uint64_t>& tails = SharedNormalTails();
  const auto value_at = [&](std::uint64_t step, int sign) {
    const Fixed exponent = NormalDeviate(step) * sigma.numerator / sigma.denominator;
    return Multiply(scale, Exp(sign * exponent), 2 * kMostPs);
  };
  QuantileTable table;
  table.Add(0, std::min(value_at(kNormalEnd, -1), static_cast<std::uint64_t>(cap.ps())), cap);
  for (std::uint64_t i = kNormalEnd; i-- > 0;) {
    if (IsNormalKnot(i)) table.Add(tails[i] / 2, value_at(i, -1), cap);
  }
  for (std::uint64_t i = 1; i <= kNormalEnd; ++i) {
    if (IsNormalKnot(i)) table.Add(kCertain - tails[i] / 2, value_at(i, 1), cap);
  }
  table.AddEnd(cap);
  return table;
}

// With x = shape * ln(value / scale), a line is off by at most step^2 / 8 * (1 + 1 / shape) * e^-x:
// 6.0e-7 at the least shape.
QuantileTable QuantileTable::Pareto(core::Duration scale, Ratio shape, core::Duration cap) {
  CHECK(scale.ps() > 0);
  CHECK(cap >= scale);
  CHECK(4 * shape.numerator >= shape.denominator);
  CHECK(shape.numerator <= 100 * shape.denominator);
  const std::uint64_t least = ToPs(scale);
  ToPs(cap);
  QuantileTable table;
  ForEachExponent(kFixedOne / 1'024, [&](Fixed x) {
    const Scaled growth = Exp(x * shape.denominator / shape.numerator);
    table.Add(kCertain - ExpNegative(x), Multiply(least, growth, 2 * kMostPs), cap);
  });
  table.AddEnd(cap);
  return table;
}

QuantileTable QuantileTable::Points(std::vector<std::pair<core::Duration, std::uint64_t>> points) {
  std::sort(points.begin(), points.end());
  std::uint64_t whole = 0;
  for (const auto& [value, weight] : points) whole += weight;
  CHECK(whole > 0);
  QuantileTable table;
  std::uint64_t sum = 0;
  for (const auto& [value, weight] : points) {
    if (weight == 0) continue;
    // Each point is a step: a knot at either end of its probability.
    const auto edge = [&] {
      return absl::Uint128Low64(sum == whole ? absl::uint128(kCertain)
                                             : (absl::uint128(sum) << 64) / whole);
    };
    table.Add(edge(), ToPs(value), kMost);
    sum += weight;
    table.Add(edge(), ToPs(value), kMost);
  }
  table.AddEnd(kMost);
  return table;
}

}  // namespace lockstep::sim
