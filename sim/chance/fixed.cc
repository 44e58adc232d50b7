// Exponentials by range reduction and a power series: see fixed.h.

#include "sim/chance/fixed.h"

#include <limits>

namespace lockstep::sim {
namespace {

constexpr Fixed kLn2 = 0x0B17217F7D1CF79B;  // ln 2 * 2^60, rounded

}  // namespace

Scaled Exp(Fixed x) {
  // x = exponent * ln 2 + rest, with rest in [0, ln 2).
  auto exponent = static_cast<int>(x / kLn2);
  Fixed rest = x % kLn2;
  if (rest < 0) {
    rest += kLn2;
    --exponent;
  }
  // rest^n / n! is below 2^-60 from n = 18 on.
  constexpr int kTerms = 20;
  const auto r = absl::uint128(rest);
  absl::uint128 term = kFixedOne;
  absl::uint128 sum = term;
  for (unsigned n = 1; n < kTerms; ++n) {
    term = ((term * r) >> kFixedBits) / n;
    sum += term;
  }
  return {absl::Uint128Low64(sum), exponent};
}

std::uint64_t Multiply(std::uint64_t value, const Scaled& scale, std::uint64_t most) {
  const absl::uint128 product = absl::uint128(value) * scale.mantissa;  // below 2^121
  const int shift = kFixedBits - scale.exponent;
  if (shift >= 128) return 0;
  if (shift < 1) return value == 0 ? 0 : most;  // at least 2^60 times as much
  const absl::uint128 result = ((product >> (shift - 1)) + 1) >> 1;
  return result > most ? most : absl::Uint128Low64(result);
}

std::uint64_t ExpNegative(Fixed x) {
  const Scaled value = Exp(-x);
  if (value.exponent >= 0) return std::numeric_limits<std::uint64_t>::max();
  const int shift = -4 - value.exponent;  // from units of 2^-60 to 2^-64
  if (shift < 0) return value.mantissa << -shift;
  return shift >= 64 ? 0 : value.mantissa >> shift;
}

}  // namespace lockstep::sim
