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

// The wires between switches, for searches.
struct Routes::Search {
  static constexpr Picoseconds kFar = std::numeric_limits<Picoseconds>::max();
  struct Leaving {
    std::uint32_t edge = 0;
    std::uint32_t to = 0;  // a switch, from 0 on
    Picoseconds length = 0;
  };

  explicit Search(std::size_t switches) : reversed(switches), leaving(switches) {}

  // Distances to a switch: searched for against the wires' direction.
  Graph reversed;
  std::vector<std::vector<Leaving>> leaving;  // leaving[switch]
  std::vector<Picoseconds> to_near;           // to_near[switch], of the last search
};

Routes::~Routes() = default;

Routes::Routes(const Topology& topology)
    : hosts_(topology.hosts),
      search_(std::make_unique<Search>(topology.vertices.size() - topology.hosts)) {
  // By name, so that what else there is in the topology changes no choice; and different for each
  // switch, else all would choose alike.
  for (std::size_t i = hosts_; i < topology.vertices.size(); ++i) {
    const std::string& name = topology.vertices[i].name;
    salt_.push_back(core::HashBytes(name.data(), name.size()));
  }
  FindEnds(topology);
  columns_.resize(near_vertex_.size());
  for (std::uint32_t i = 0; i < topology.edges.size(); ++i) {
    const Edge& edge = topology.edges[i];
    if (topology.is_host(edge.from) || topology.is_host(edge.to)) continue;
    const Picoseconds length = LengthOf(topology, edge);
    boost::add_edge(edge.to - hosts_, edge.from - hosts_, Length{length}, search_->reversed);
    search_->leaving[edge.from - hosts_].push_back({i, edge.to - hosts_, length});
  }
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
      index = static_cast<std::uint32_t>(near_vertex_.size());
      near_vertex_.push_back(near_[host]);
    }
    near_index_[host] = index;
  }
}

void Routes::FindColumn(std::uint32_t index) const {
  const std::size_t switches = search_->leaving.size();
  const std::uint32_t near = near_vertex_[index] - hosts_;
  std::vector<Picoseconds>& distance = search_->to_near;
  distance.assign(switches, Search::kFar);
  boost::dijkstra_shortest_paths(search_->reversed, near,
                                 boost::weight_map(boost::get(&Length::ps, search_->reversed))
                                     .distance_map(distance.data())
                                     .distance_inf(Search::kFar));
  Column& column = columns_[index];
  column.choices.resize(switches);
  for (std::uint32_t at = 0; at < switches; ++at) {
    Choice& choice = column.choices[at];
    choice.first = static_cast<std::uint32_t>(column.edges.size());
    if (distance[at] == Search::kFar || at == near) continue;
    for (const Search::Leaving& wire : search_->leaving[at]) {
      const Picoseconds rest = distance[wire.to];
      if (rest != Search::kFar && wire.length + rest == distance[at])
        column.edges.push_back(wire.edge);
    }
    choice.count = static_cast<std::uint32_t>(column.edges.size()) - choice.first;
    CHECK(choice.count > 0);
  }
  column.edges.shrink_to_fit();
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
