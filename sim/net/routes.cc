// Shortest paths: see routes.h.

#include "sim/net/routes.h"

#include <limits>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>

#include "protocols/core/check.h"
#include "protocols/core/hash.h"

namespace lockstep::sim {
namespace {

struct Length {
  std::int64_t ps = 0;
};
using Graph =
    boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property, Length>;

std::int64_t LengthOf(const Topology& topology, const Edge& edge) {
  const core::Duration delay = edge.wire.delay + edge.wire.fec + edge.wire.jitter.min() +
                               topology.vertices[edge.from].forwarding.latency.min();
  return delay.ps() + 1;  // A hop counts for a picosecond.
}

}  // namespace

Routes::Routes(const Topology& topology) {
  FindNear(topology);
  FindNext(topology);
}

void Routes::FindNear(const Topology& topology) {
  near_.assign(topology.hosts, kNone);
  last_.assign(topology.hosts, kNone);
  near_index_.assign(topology.hosts, 0);
  for (std::uint32_t i = 0; i < topology.edges.size(); ++i) {
    const Edge& edge = topology.edges[i];
    if (!topology.is_host(edge.to)) continue;
    CHECK(near_[edge.to] == kNone);  // A host has one card.
    near_[edge.to] = edge.from;
    last_[edge.to] = i;
  }
  std::vector<std::uint32_t> index_of(topology.vertices.size(), kNone);
  for (std::uint32_t host = 0; host < topology.hosts; ++host) {
    if (near_[host] == kNone) continue;
    std::uint32_t& index = index_of[near_[host]];
    if (index == kNone) index = nears_++;
    near_index_[host] = index;
  }
}

void Routes::FindNext(const Topology& topology) {
  const std::size_t vertices = topology.vertices.size();
  // Against the wires' direction: distances to a vertex. Hosts forward nothing, so edges from them
  // are looked at below only.
  Graph reversed(vertices);
  for (const Edge& edge : topology.edges) {
    if (topology.is_host(edge.from) || topology.is_host(edge.to)) continue;
    boost::add_edge(edge.to, edge.from, Length{LengthOf(topology, edge)}, reversed);
  }
  std::vector<std::vector<std::uint32_t>> leaving(vertices);
  for (std::uint32_t i = 0; i < topology.edges.size(); ++i) {
    if (!topology.is_host(topology.edges[i].to)) leaving[topology.edges[i].from].push_back(i);
  }
  next_.assign(vertices * nears_, Choice{});
  std::vector<bool> is_done(nears_, false);
  constexpr std::int64_t kFar = std::numeric_limits<std::int64_t>::max();
  for (std::uint32_t host = 0; host < topology.hosts; ++host) {
    if (near_[host] == kNone || is_done[near_index_[host]]) continue;
    is_done[near_index_[host]] = true;
    std::vector<std::int64_t> distance(vertices, kFar);
    boost::dijkstra_shortest_paths(reversed, near_[host],
                                   boost::weight_map(boost::get(&Length::ps, reversed))
                                       .distance_map(distance.data())
                                       .distance_inf(kFar));
    for (std::uint32_t vertex = 0; vertex < vertices; ++vertex) {
      std::int64_t least = kFar;
      Choice& choice = next_[vertex * nears_ + near_index_[host]];
      choice.first = static_cast<std::uint32_t>(edges_.size());
      for (const std::uint32_t i : leaving[vertex]) {
        const std::int64_t rest = distance[topology.edges[i].to];
        if (rest == kFar) continue;
        const std::int64_t length = LengthOf(topology, topology.edges[i]) + rest;
        if (length > least) continue;
        if (length < least) edges_.resize(choice.first);
        least = length;
        edges_.push_back(i);
      }
      choice.count = static_cast<std::uint32_t>(edges_.size()) - choice.first;
    }
  }
}

std::uint32_t Routes::Pick(std::uint32_t vertex, std::uint64_t flow, std::uint32_t count) {
  // Salted by the vertex, else all switches would choose alike.
  return static_cast<std::uint32_t>(core::Mix(flow, vertex) % count);
}

std::vector<std::uint32_t> Routes::Path(const Topology& topology, core::NodeId from,
                                        core::NodeId to, std::uint64_t flow) const {
  std::vector<std::uint32_t> path;
  for (std::uint32_t at = from.value(); at != to.value();) {
    const std::uint32_t edge = Next(at, to, flow);
    if (edge == kNone) return {};
    path.push_back(edge);
    at = topology.edges[edge].to;
    CHECK(path.size() <= topology.edges.size());
  }
  return path;
}

}  // namespace lockstep::sim
