// Fixed-point arithmetic for tables: exponentials in whole numbers, the same on every machine.

#pragma once

#include <cstdint>

#include "absl/numeric/int128.h"

namespace lockstep::sim {

// A number in units of 2^-60.
using Fixed = absl::int128;
inline constexpr int kFixedBits = 60;
inline constexpr std::uint64_t kFixedOne = std::uint64_t{1} << kFixedBits;

// value = mantissa * 2^(exponent - 60), with mantissa in [2^60, 2^61).
struct Scaled {
  std::uint64_t mantissa = kFixedOne;
  int exponent = 0;
};

// e^x for |x| < 2^16, with a relative error below 2^-50 for |x| <= 64.
Scaled Exp(Fixed x);

// value * scale, to the nearest; `most` where it would be more, which is below 2^60. So is `value`.
std::uint64_t Multiply(std::uint64_t value, const Scaled& scale, std::uint64_t most);

// e^-x for x >= 0 as a probability in units of 2^-64; 2^64 - 1 stands for one.
std::uint64_t ExpNegative(Fixed x);

}  // namespace lockstep::sim
