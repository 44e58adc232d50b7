// Great circles in fixed point: see great_circle.h.
//
// Angles, sines and square roots are multiples of 2^-60. The haversine formula keeps its precision
// for places that are near each other:
//   sin^2(angle / 2) = sin^2(dlat / 2) + cos(lat a) cos(lat b) sin^2(dlon / 2)

#include "sim/scenario/great_circle.h"

#include "absl/numeric/int128.h"

namespace lockstep::sim {
namespace {

using Wide = absl::int128;

constexpr int kBits = 60;
constexpr std::int64_t kOne = std::int64_t{1} << kBits;
// floor(pi * 2^60).
constexpr std::int64_t kPi = 3'622'009'729'038'561'421;

std::int64_t Times(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>((Wide(a) * b) >> kBits);
}

// The Taylor series, which needs some twenty terms for |x| <= pi / 2.
std::int64_t Sine(std::int64_t x) {
  const std::int64_t square = Times(x, x);
  std::int64_t term = x;
  std::int64_t sum = x;
  for (std::int64_t n = 2; term != 0 && n < 60; n += 2) {
    term = static_cast<std::int64_t>(-(Wide(term) * square >> kBits) / (n * (n + 1)));
    sum += term;
  }
  return sum;
}

// floor(sqrt(x / 2^60) * 2^60).
std::int64_t Root(std::int64_t x) {
  const Wide wanted = Wide(x) << kBits;
  std::int64_t root = 0;
  for (std::int64_t bit = kOne; bit > 0; bit >>= 1) {
    const std::int64_t tried = root + bit;
    if (Wide(tried) * tried <= wanted) root = tried;
  }
  return root;
}

// The angle from 0 to pi / 2 whose sine this is, by halving.
std::int64_t ArcSine(std::int64_t sine) {
  std::int64_t low = 0;
  std::int64_t high = kPi / 2;
  while (low < high) {
    const std::int64_t middle = low + (high - low + 1) / 2;
    if (Sine(middle) <= sine) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

// `units` of 1e-7 degrees, divided by `divisor`, as an angle.
std::int64_t Angle(std::int64_t units, std::int64_t divisor) {
  return static_cast<std::int64_t>(Wide(kPi) * units / (180 * kPlaceUnitsPerDegree * divisor));
}

// cos(x) = sin(pi / 2 - |x|)
std::int64_t CosineOf(std::int64_t latitude) {
  const std::int64_t angle = Angle(latitude, 1);
  return Sine(kPi / 2 - (angle < 0 ? -angle : angle));
}

}  // namespace

core::Duration LightTime(const Place& a, const Place& b) {
  const std::int64_t across = Sine(Angle(b.latitude - a.latitude, 2));
  // Half of up to 360 degrees: brought into the range of the series.
  std::int64_t along_units = b.longitude - a.longitude;
  if (along_units < 0) along_units = -along_units;
  constexpr std::int64_t kTurn = 360 * kPlaceUnitsPerDegree;
  if (along_units > kTurn / 2) along_units = kTurn - along_units;
  const std::int64_t along = Sine(Angle(along_units, 2));
  std::int64_t haversine =
      Times(across, across) +
      Times(Times(CosineOf(a.latitude), CosineOf(b.latitude)), Times(along, along));
  if (haversine > kOne) haversine = kOne;
  const std::int64_t angle = 2 * ArcSine(Root(haversine));
  // ps = angle * 6371008.8 m * 1e12 / (2/3 * 299792458 m/s), angle in radians; rounded to nearest.
  constexpr std::uint64_t kMetres = 63'710'088;  // tenths of them
  constexpr std::uint64_t kDivisor = 2 * std::uint64_t{299'792'458};
  const absl::uint128 scaled = absl::uint128(static_cast<std::uint64_t>(angle)) * kMetres;
  // 3 * 1e12 / 10, taken in two steps so that 128 bits hold all: angle < 2^62, kMetres < 2^26.
  const absl::uint128 ps = scaled * 300'000'000'000 / kDivisor;
  constexpr absl::uint128 kHalf = absl::uint128(1) << (kBits - 1);
  return core::Duration::Picoseconds(static_cast<std::int64_t>((ps + kHalf) >> kBits));
}

}  // namespace lockstep::sim
