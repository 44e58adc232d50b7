// A network as a graph: hosts, switches, and the wires between them, described before the run.
//
// Knows no time and no packets: routes.h says where packets go, network.h moves them. A scenario
// that names no topology gets a fabric: each cluster is a site, whose crossbar delays packets
// within the site (intra) and to other sites (cross) and never queues but at the ports towards its
// hosts.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocols/core/ids.h"
#include "protocols/core/program.h"
#include "sim/distribution.h"
#include "sim/profile.h"

namespace lockstep::sim {

struct NetworkSpec;

struct Vertex {
  std::string name;
  SwitchSpec forwarding;  // of a switch; a host forwards nothing
};

// One direction of a wire, and the port that feeds it.
struct Edge {
  std::uint32_t from = 0;  // vertices
  std::uint32_t to = 0;
  std::string name;           // "a0-leaf1": its random stream is "link/a0-leaf1"
  std::int64_t rate_bps = 0;  // of the port; 0: no port, packets pass at once and overlap
  core::ByteCount queue;      // of the port; 0: only the buffer of its switch bounds it
  WireSpec wire;
};

struct Topology {
  std::uint32_t hosts = 0;
  std::vector<Vertex> vertices;  // vertices[i] with i < hosts is host i; the others are switches
  std::vector<Edge> edges;

  bool is_host(std::uint32_t vertex) const { return vertex < hosts; }
};

// The fabric of `network`'s two classes, with the cards and ports of `profile`.
Topology BuildFabric(const std::vector<core::Cluster>& clusters, const NetworkSpec& network,
                     const Profile& profile);

}  // namespace lockstep::sim
