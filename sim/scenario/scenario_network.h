// The part of a scenario that says how hosts are connected.

#pragma once

#include <set>
#include <string>
#include <vector>

#include "protocols/parameters/parameters.h"
#include "sim/scenario/scenario.h"

namespace lockstep::sim {

// Reads the object "network"; errors are recorded in `reader`. `of_profile`: what only the profile
// says of it, which may be of links that this scenario has not got. Returns the names of those.
std::vector<std::string> ReadNetwork(Parameters& reader, const std::vector<core::Cluster>& clusters,
                                     const std::set<std::string>& of_profile, NetworkSpec& network);

// What the network and the rest of `scenario`, all of it read without an error, mean together.
void CheckNetwork(Parameters& reader, const Scenario& scenario);

}  // namespace lockstep::sim
