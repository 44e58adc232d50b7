// Integer ratios: probabilities and decimals, exact on every machine.

#pragma once

#include <cstdint>

namespace lockstep::sim {

// numerator / denominator; the denominator is not zero.
struct Ratio {
  std::uint64_t numerator = 0;
  std::uint64_t denominator = 1;
};

}  // namespace lockstep::sim
