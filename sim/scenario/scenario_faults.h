// The part of a scenario that says what breaks.

#pragma once

#include "protocols/parameters/parameters.h"
#include "sim/scenario/scenario.h"

namespace lockstep::sim {

// Reads "faults" of `reader` into `scenario`, whose clusters, times and phases have been read.
// Errors are recorded in `reader`.
void ReadFaults(Parameters& reader, Scenario& scenario);
// Refuses a crash that would lose what is unsynced, where the profile's disk takes no time.
void CheckDisks(Parameters& reader, const Scenario& scenario);

}  // namespace lockstep::sim
