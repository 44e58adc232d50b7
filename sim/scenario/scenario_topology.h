// The part of a scenario that says which switches and wires there are, and who is attached where.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "nlohmann/json.hpp"

#include "protocols/parameters/parameters.h"
#include "sim/scenario/graph_file.h"
#include "sim/scenario/scenario.h"

namespace lockstep::sim {

// Where `topology`, which is that of the scenario `path`, names a map, puts the map as a "graph"
// there; any other is left alone. `resolve` finds files that the scenario names. What the import
// assumed is appended to `remarks`.
absl::Status ImportTopology(nlohmann::json& topology, const std::string& path,
                            const std::function<std::string(const std::string&)>& resolve,
                            std::vector<std::string>& remarks);

// Reads "topology", "attach" and "host_link" of the object "network" into `scenario`, whose
// clusters and profile have been read; errors are recorded in `network`.
void ReadTopology(Parameters& network, Scenario& scenario);

// A stream must not give up on a packet before its acknowledgement can be there.
void CheckTimeouts(Parameters& network, const Scenario& scenario);

// The canonical form of a map: {"switches": [...], "links": [...]}.
nlohmann::json GraphOf(const GraphFile& map);
// The same as switches and wires, with what `profile` says of them.
SwitchGraph SwitchGraphOf(const GraphFile& map, const Profile& profile);

}  // namespace lockstep::sim
