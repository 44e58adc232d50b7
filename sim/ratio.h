// Integer ratios: probabilities and decimals, exact on every machine.

#pragma once

#include <cstdint>
#include <string_view>

#include "protocols/parameters.h"

namespace lockstep::sim {

// numerator / denominator; the denominator is not zero.
struct Ratio {
  std::uint64_t numerator = 0;
  std::uint64_t denominator = 1;
};

// A probability: [numerator, denominator] with numerator <= denominator; `or_else` where it is
// missing.
Ratio ReadRatioOr(Parameters& reader, std::string_view key, Ratio or_else);

// A decimal written as text ("0.5"), of at most six digits to either side of the point, within
// [min, max]; 1 after an error.
Ratio ReadDecimal(Parameters& reader, std::string_view key, std::string_view min,
                  std::string_view max);

}  // namespace lockstep::sim
