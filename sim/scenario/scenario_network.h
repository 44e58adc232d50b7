// The part of a scenario that says how hosts are connected.

#pragma once

#include "protocols/parameters/parameters.h"
#include "sim/scenario/scenario.h"

namespace lockstep::sim {

// Reads the object "network"; errors are recorded in `reader`.
void ReadNetwork(Parameters& reader, const std::vector<core::Cluster>& clusters,
                 NetworkSpec& network);

// What the network and the rest of `scenario`, all of it read without an error, mean together.
void CheckNetwork(Parameters& reader, const Scenario& scenario);

}  // namespace lockstep::sim
