// Reads ratios from JSON.

#pragma once

#include <string_view>

#include "protocols/parameters/parameters.h"
#include "sim/chance/ratio.h"

namespace lockstep::sim {

// A probability: [numerator, denominator] with numerator <= denominator; `or_else` where it is
// missing.
Ratio ReadRatioOr(Parameters& reader, std::string_view key, Ratio or_else);

// A decimal written as text ("0.5"), of at most six digits to either side of the point, within
// [min, max]; 1 after an error.
Ratio ReadDecimal(Parameters& reader, std::string_view key, std::string_view min,
                  std::string_view max);

}  // namespace lockstep::sim
