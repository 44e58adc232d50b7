// The part of a scenario that says what breaks.

#pragma once

#include <string_view>

#include "protocols/parameters.h"
#include "sim/scenario.h"

namespace lockstep::sim {

// Reads "faults" of `reader` into `scenario`, whose clusters, times and phases have been read.
// Errors are recorded in `reader`.
void ReadFaults(Parameters& reader, Scenario& scenario);

// [numerator, denominator] with numerator <= denominator; `or_else` where it is missing.
Ratio ReadRatioOr(Parameters& reader, std::string_view key, Ratio or_else);

}  // namespace lockstep::sim
