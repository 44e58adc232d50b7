// Where packets go: shortest paths through a topology, with equal-cost multipath.
//
// The length of a path is the sum of its wires' delays (propagation and forward error correction)
// and of its switches' least latencies, in picoseconds, and one picosecond for each hop, so
// that of two paths of equal delay the one with fewer hops is taken. Where several next hops are
// equally near, the flow's hash picks one, so that packets of a flow stay in order (RFC 2992).
// Computed once by Boost.Graph; a lookup is two array reads.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/ids.h"
#include "sim/net/topology.h"

namespace lockstep::sim {

class Routes {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  explicit Routes(const Topology& topology);

  // The edge that a packet of `flow` takes from `vertex` towards host `to`; kNone where there is no
  // way.
  std::uint32_t Next(std::uint32_t vertex, core::NodeId to, std::uint64_t flow) const {
    const std::uint32_t near = near_[to.value()];
    if (near == kNone || vertex == near) return last_[to.value()];
    const Choice& choice = next_[vertex * nears_ + near_index_[to.value()]];
    if (choice.count <= 1) return choice.count == 0 ? kNone : edges_[choice.first];
    return edges_[choice.first + Pick(vertex, flow, choice.count)];
  }
  // All edges from one host to another, in order; empty where there is no way.
  std::vector<std::uint32_t> Path(const Topology& topology, core::NodeId from, core::NodeId to,
                                  std::uint64_t flow) const;
  // Names the flow of an ordered pair of hosts.
  static std::uint64_t FlowOf(core::NodeId from, core::NodeId to) {
    return std::uint64_t{from.value()} << 32 | to.value();
  }

 private:
  // edges_[first .. first + count): equally near.
  struct Choice {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };
  static std::uint32_t Pick(std::uint32_t vertex, std::uint64_t flow, std::uint32_t count);
  void FindNear(const Topology& topology);
  void FindNext(const Topology& topology);

  std::vector<std::uint32_t> near_;        // near_[host]: the vertex before it
  std::vector<std::uint32_t> last_;        // last_[host]: the edge from there; kNone: unconnected
  std::vector<std::uint32_t> near_index_;  // near_index_[host]: which of the near vertices
  std::uint32_t nears_ = 0;                // how many there are
  std::vector<Choice> next_;               // next_[vertex * nears_ + index]
  std::vector<std::uint32_t> edges_;
};

}  // namespace lockstep::sim
