// What there is to say of a topology: sites, links, routes and bottlenecks, as JSON, as text for
// people, and as Graphviz.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "sim/net/topology.h"

namespace lockstep::cli {

// Hosts that are alike: of one cluster, at one switch. On a map, where there are no hosts, each
// site is a group of one.
struct HostGroup {
  std::string name;          // "a at Chicago"
  std::uint32_t first = 0;   // vertices
  std::uint32_t second = 0;  // where there are several
  std::uint32_t count = 0;
};

struct TopologyView {
  std::string source;  // the file
  sim::Topology topology;
  std::vector<HostGroup> groups;
  bool is_map = false;     // hosts stand for their sites, and are not spoken of
  bool is_fabric = false;  // of a scenario without a topology
  std::vector<std::string> remarks;
};

// Finds the groups of a scenario's hosts.
std::vector<HostGroup> GroupsOf(const sim::Topology& topology,
                                const std::vector<core::Cluster>& clusters);

// Every list holds `most` entries at most; "left_out" counts the others.
nlohmann::ordered_json Describe(const TopologyView& view, std::size_t most);
// The description for people, in 80 columns.
std::string TopologyText(const nlohmann::ordered_json& description);
// A graph that `dot` draws, and `lockstep topology` reads again.
std::string TopologyDot(const TopologyView& view);

}  // namespace lockstep::cli
