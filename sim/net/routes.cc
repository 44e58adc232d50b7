// Shortest paths: see routes.h.

#include "sim/net/routes.h"

#include <limits>

#include "absl/numeric/int128.h"
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>

#include "protocols/core/check.h"
#include "protocols/core/hash.h"

namespace lockstep::sim {
namespace {

// Wide enough that no sum of 64-bit delays overflows.
using Picoseconds = absl::uint128;

struct Length {
  Picoseconds ps = 0;
};
using Graph =
    boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property, Length>;

Picoseconds WidthOf(core::Duration span) {
  CHECK(span >= core::Duration());
  return static_cast<std::uint64_t>(span.ps());
}

Picoseconds LengthOf(const Topology& topology, const Edge& edge) {
  // A hop counts for a picosecond.
  return WidthOf(edge.wire.delay) + WidthOf(edge.wire.fec) + WidthOf(edge.wire.jitter.min()) +
         WidthOf(topology.vertices[edge.from].forwarding.latency.min()) + 1;
}

}  // namespace

Routes::Routes(const Topology& topology) : hosts_(topology.hosts) {
  // By name, so that what else there is in the topology changes no choice; and different for each
  // switch, else all would choose alike.
  for (std::size_t i = hosts_; i < topology.vertices.size(); ++i) {
    const std::string& name = topology.vertices[i].name;
    salt_.push_back(core::HashBytes(name.data(), name.size()));
  }
  FindEnds(topology);
  FindNext(topology);
}

void Routes::FindEnds(const Topology& topology) {
  for (auto* ends : {&first_, &entry_, &near_, &last_}) ends->assign(hosts_, kNone);
  near_index_.assign(hosts_, 0);
  for (std::uint32_t i = 0; i < topology.edges.size(); ++i) {
    const Edge& edge = topology.edges[i];
    if (topology.is_host(edge.from)) {
      CHECK(first_[edge.from] == kNone);  // A host has one card.
      CHECK(!topology.is_host(edge.to));
      first_[edge.from] = i;
      entry_[edge.from] = edge.to;
    } else if (topology.is_host(edge.to)) {
      CHECK(near_[edge.to] == kNone);
      near_[edge.to] = edge.from;
      last_[edge.to] = i;
    }
  }
  std::vector<std::uint32_t> index_of(topology.vertices.size(), kNone);
  for (std::uint32_t host = 0; host < hosts_; ++host) {
    if (near_[host] == kNone) continue;
    std::uint32_t& index = index_of[near_[host]];
    if (index == kNone) {
      index = nears_++;
      near_vertex_.push_back(near_[host]);
    }
    near_index_[host] = index;
  }
}

void Routes::FindNext(const Topology& topology) {
  const std::size_t switches = topology.vertices.size() - hosts_;
  // Against the wires' direction: distances to a switch.
  Graph reversed(switches);
  std::vector<std::vector<std::uint32_t>> leaving(switches);
  std::vector<Picoseconds> lengths(topology.edges.size());
  for (std::uint32_t i = 0; i < topology.edges.size(); ++i) {
    const Edge& edge = topology.edges[i];
    if (topology.is_host(edge.from) || topology.is_host(edge.to)) continue;
    lengths[i] = LengthOf(topology, edge);
    boost::add_edge(edge.to - hosts_, edge.from - hosts_, Length{lengths[i]}, reversed);
    leaving[edge.from - hosts_].push_back(i);
  }
  next_.assign(switches * nears_, Choice{});
  constexpr Picoseconds kFar = std::numeric_limits<Picoseconds>::max();
  std::vector<Picoseconds> distance(switches);
  for (std::uint32_t index = 0; index < nears_; ++index) {
    distance.assign(switches, kFar);
    boost::dijkstra_shortest_paths(reversed, near_vertex_[index] - hosts_,
                                   boost::weight_map(boost::get(&Length::ps, reversed))
                                       .distance_map(distance.data())
                                       .distance_inf(kFar));
    for (std::uint32_t at = 0; at < switches; ++at) {
      Choice& choice = next_[std::size_t{at} * nears_ + index];
      choice.first = static_cast<std::uint32_t>(edges_.size());
      if (distance[at] == kFar || at + hosts_ == near_vertex_[index]) continue;
      for (const std::uint32_t i : leaving[at]) {
        const Picoseconds rest = distance[topology.edges[i].to - hosts_];
        if (rest != kFar && lengths[i] + rest == distance[at]) edges_.push_back(i);
      }
      choice.count = static_cast<std::uint32_t>(edges_.size()) - choice.first;
      CHECK(choice.count > 0);
    }
  }
}

std::size_t Routes::Pick(std::uint64_t salt, std::uint64_t flow, std::size_t count) {
  return static_cast<std::size_t>(core::Mix(flow, salt) % count);
}

std::span<const std::uint32_t> Routes::FromHost(std::uint32_t host, core::NodeId to) const {
  if (first_[host] == kNone || Choices(entry_[host], to).empty()) return {};
  return {&first_[host], 1};
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
