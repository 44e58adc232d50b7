// Sites and the routes between them, computed before the run.
//
// A cluster is a site: its hosts' cards are attached to one fabric, which delays packets within the
// site (intra) and between sites (cross). Shortest paths by Boost.Graph.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/program.h"
#include "sim/scenario.h"

namespace lockstep::sim {

struct Topology {
  struct Edge {
    std::uint32_t from_site = 0;
    std::uint32_t to_site = 0;
    bool is_intra = false;
  };
  std::vector<Edge> edges;
  // routes[from][to]: indices of the edges that a packet from one site to the other takes, in
  // order.
  std::vector<std::vector<std::vector<std::uint32_t>>> routes;
};

// One site for each cluster, all directly connected.
Topology BuildTopology(const std::vector<core::Cluster>& clusters, const NetworkSpec& network);

}  // namespace lockstep::sim
