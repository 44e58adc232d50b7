// The part of a scenario that says what breaks.

#pragma once

#include "protocols/parameters.h"
#include "sim/scenario.h"

namespace lockstep::sim {

// Reads "faults" of `reader` into `scenario`, whose clusters, times and phases have been read.
// Errors are recorded in `reader`.
void ReadFaults(Parameters& reader, Scenario& scenario);

}  // namespace lockstep::sim
