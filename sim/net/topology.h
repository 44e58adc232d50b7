// A network as a graph: hosts, switches, and the wires between them, described before the run.
//
// Knows no time and no packets: routes.h says where packets go, network.h moves them. A scenario
// that names no topology gets a fabric: each cluster is a site, whose crossbar delays packets
// within the site (intra) and to other sites (cross) and never queues but at the ports towards its
// hosts.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/core/ids.h"
#include "protocols/core/program.h"
#include "sim/chance/distribution.h"
#include "sim/profile.h"

namespace lockstep::sim {

struct NetworkSpec;

struct Vertex {
  std::string name;
  SwitchSpec forwarding;  // of a switch; a host forwards nothing
};

// Where a number of an edge comes from: a scenario, the file that was imported, the places of its
// ends, or a default.
enum class Origin : std::uint8_t { kStated, kRead, kComputed, kAssumed };
inline constexpr std::array<std::string_view, 4> kOriginNames = {"stated", "read", "computed",
                                                                 "assumed"};

// One direction of a wire, and the port that feeds it.
struct Edge {
  std::uint32_t from = 0;  // vertices
  std::uint32_t to = 0;
  // "a0->leaf1": its random stream is "link/a0->leaf1". Parallel ones are "x->y#2" and so on.
  std::string name;
  std::int64_t rate_bps = 0;  // of the port; 0: no port, packets pass at once and overlap
  core::ByteCount queue;      // of the port; 0: only the buffer of its switch bounds it
  WireSpec wire;
  Origin rate_origin = Origin::kStated;
  Origin delay_origin = Origin::kStated;
};

struct Topology {
  std::uint32_t hosts = 0;
  std::vector<Vertex> vertices;  // vertices[i] with i < hosts is host i; the others are switches
  std::vector<Edge> edges;

  bool is_host(std::uint32_t vertex) const { return vertex < hosts; }
};

// The fabric of `network`'s classes, with the cards and ports of `profile`.
Topology BuildFabric(const std::vector<core::Cluster>& clusters, const NetworkSpec& network,
                     const Profile& profile);

// Switches and their wires, before hosts are attached: edges[i].from and .to index `switches`.
struct SwitchGraph {
  std::vector<Vertex> switches;
  std::vector<Edge> edges;

  // Adds a wire, which is two edges unless it is one-way.
  void AddWire(const Edge& edge, bool is_one_way);
};

// How each host is wired to its switch.
struct HostLink {
  std::int64_t rate_bps = 0;
  core::ByteCount card_queue;
  std::optional<core::ByteCount> port_queue;  // towards the host; else what its switch says
  WireSpec wire;                              // each way
};

// `graph` with these hosts, hosts[i] at the switch attached[i]; names all edges.
Topology AttachHosts(const SwitchGraph& graph, const std::vector<std::string>& hosts,
                     const std::vector<std::uint32_t>& attached, const HostLink& link);

// Two hosts of which one cannot reach the other, and the switches that it does reach, in order.
struct Cut {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::vector<std::uint32_t> reached;
};
// None where every host reaches every other. Each host has an edge in and one out.
std::optional<Cut> FindCut(const Topology& topology);

// The switch that host `host` sends to; vertices.size() where it has no card.
std::uint32_t SwitchOf(const Topology& topology, std::uint32_t host);

}  // namespace lockstep::sim
