// Where packets go: shortest paths through a topology, with equal-cost multipath.
//
// The length of a path is the sum of its wires' least delays (propagation, forward error
// correction, jitter) and of its switches' least latencies, in picoseconds, and one picosecond for
// each hop, so that of two paths of equal delay the one with fewer hops is taken, and no loop is
// free. Where several edges lead on equally well, parallel ones included, the flow's hash picks
// one, so that packets of a flow stay in order (RFC 2992). Hosts forward nothing: a host is an end
// of paths only. Computed by Boost.Graph, for each switch with hosts when the first packet goes
// there: a world on a large map begins at once, and pays for what it uses. Then a lookup is three
// array reads. Only switches have rows, and only switches with hosts columns, so that the table does
// not grow with the number of hosts.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "protocols/core/ids.h"
#include "sim/net/topology.h"

namespace lockstep::sim {

class Routes {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  // Each host has at most one edge that leaves it and one that comes in.
  explicit Routes(const Topology& topology);
  Routes(const Routes&) = delete;
  Routes& operator=(const Routes&) = delete;
  ~Routes();

  // The edge that a packet of `flow` takes from `vertex` towards host `to`; kNone where there is no
  // way.
  std::uint32_t Next(std::uint32_t vertex, core::NodeId to, std::uint64_t flow) const {
    const std::span<const std::uint32_t> choices = Choices(vertex, to);
    if (choices.size() <= 1) return choices.empty() ? kNone : choices[0];
    return choices[Pick(salt_[vertex - hosts_], flow, choices.size())];
  }
  // All edges that lead from `vertex` to host `to` equally well, in order.
  std::span<const std::uint32_t> Choices(std::uint32_t vertex, core::NodeId to) const {
    const std::uint32_t near = near_[to.value()];
    if (near == kNone) return {};
    if (vertex == near) return {&last_[to.value()], 1};
    if (vertex < hosts_) return FromHost(vertex, to);
    const std::uint32_t index = near_index_[to.value()];
    const Column& column = columns_[index];
    if (column.choices.empty()) FindColumn(index);
    const Choice& choice = column.choices[vertex - hosts_];
    return {column.edges.data() + choice.first, choice.count};
  }
  // All edges from one host to another, in order; empty where there is no way.
  std::vector<std::uint32_t> Path(const Topology& topology, core::NodeId from, core::NodeId to,
                                  std::uint64_t flow) const;
  // Names the flow of an ordered pair of hosts.
  static std::uint64_t FlowOf(core::NodeId from, core::NodeId to) {
    return std::uint64_t{from.value()} << 32 | to.value();
  }

 private:
  // edges[first .. first + count) of a column: equally near.
  struct Choice {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };
  // The ways to one switch.
  struct Column {
    std::vector<Choice> choices;  // choices[vertex - hosts_]; empty until somebody asks
    std::vector<std::uint32_t> edges;
  };
  struct Search;
  static std::size_t Pick(std::uint64_t salt, std::uint64_t flow, std::size_t count);
  std::span<const std::uint32_t> FromHost(std::uint32_t host, core::NodeId to) const;
  void FindEnds(const Topology& topology);
  void FindColumn(std::uint32_t index) const;

  std::uint32_t hosts_;
  std::vector<std::uint32_t> first_;        // first_[host]: the edge that leaves it
  std::vector<std::uint32_t> entry_;        // entry_[host]: the vertex that edge leads to
  std::vector<std::uint32_t> near_;         // near_[host]: the vertex before it
  std::vector<std::uint32_t> last_;         // last_[host]: the edge from there; kNone: unconnected
  std::vector<std::uint32_t> near_index_;   // near_index_[host]: which of the near vertices
  std::vector<std::uint32_t> near_vertex_;  // near_vertex_[index]
  std::vector<std::uint64_t> salt_;         // salt_[vertex - hosts_]
  std::unique_ptr<Search> search_;
  mutable std::vector<Column> columns_;  // columns_[index]: what is kept of what was asked
};

}  // namespace lockstep::sim
