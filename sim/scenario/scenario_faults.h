// The part of a scenario that says what breaks.

#pragma once

#include "protocols/parameters/parameters.h"
#include "sim/scenario/scenario.h"

namespace lockstep::sim {

// Reads "faults" of `reader` into `scenario`, whose clusters, network, times and phases have been
// read. Errors are recorded in `reader`.
void ReadFaults(Parameters& reader, Scenario& scenario);
// Refuses faults that make no sense in the scenario, of which all is read now.
void CheckFaults(Parameters& reader, const Scenario& scenario);

}  // namespace lockstep::sim
