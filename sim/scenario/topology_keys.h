// The keys of topologies, each described once: wires, switches, links of hosts, and forms that have
// numbers. What names mean, and what all of it means together, is scenario_topology.cc's to say.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocols/core/keys.h"
#include "sim/net/topology.h"
#include "sim/scenario/graph_file.h"
#include "sim/scenario/scenario_keys.h"

namespace lockstep::sim {

// Of a wire between two switches. `has_defaults`: rate and delay need not be said, and are what
// `edge` holds. A queue that is not said stays negative: it is what its switch says.
void DescribeWire(core::Keys& keys, bool has_defaults, Edge& edge);

// An entry of "links": a wire, and between which switches.
struct WireKeys {
  std::string from;
  std::string to;
  bool is_one_way = false;
  Edge edge;
};
void Describe(core::Keys& keys, WireKeys& wire);

// An entry of "switches"; what is left out is as `spec` was.
void DescribeSwitch(core::Keys& keys, std::string& id, SwitchSpec& spec);

// /network/host_link; what is left out is as `link` was.
void Describe(core::Keys& keys, HostLink& link);

// /network/topology/leaf_spine. The uplink is as it was where it is not said.
struct LeafSpineKeys {
  std::uint32_t leaves = 0;
  std::uint32_t spines = 0;
  Edge uplink;
};
void Describe(core::Keys& keys, LeafSpineKeys& form);

// /network/topology where it is a map in a file.
struct MapKeys {
  std::string file;
  LinkDefaults defaults;
};
void Describe(core::Keys& keys, MapKeys& map);

std::vector<KeyGroup> ListTopologyKeys();

}  // namespace lockstep::sim
