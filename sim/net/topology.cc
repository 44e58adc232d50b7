// Sites and routes: see topology.h.

#include "sim/net/topology.h"

#include <algorithm>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>

#include "protocols/core/check.h"

namespace lockstep::sim {
namespace {

struct EdgeData {
  std::int64_t delay_ps = 0;
  std::uint32_t index = 0;  // into Topology::edges
};
using Graph =
    boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property, EdgeData>;
using Vertex = boost::graph_traits<Graph>::vertex_descriptor;

// Two vertices a site, so that a packet to its own site crosses the fabric as any other does.
Vertex EntryOf(std::size_t site) { return 2 * site; }
Vertex ExitOf(std::size_t site) { return 2 * site + 1; }

std::vector<std::uint32_t> EdgesOnPath(const Graph& graph, const std::vector<Vertex>& before,
                                       Vertex from, Vertex to) {
  std::vector<std::uint32_t> path;
  for (Vertex at = to; at != from; at = before[at]) {
    CHECK(before[at] != at);  // Every site reaches every other.
    path.push_back(graph[boost::edge(before[at], at, graph).first].index);
  }
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace

Topology BuildTopology(const std::vector<core::Cluster>& clusters, const NetworkSpec& network) {
  Topology topology;
  const std::size_t sites = clusters.size();
  Graph graph(2 * sites);
  for (std::size_t from = 0; from < sites; ++from) {
    for (std::size_t to = 0; to < sites; ++to) {
      const LinkClass& link = from == to ? network.intra : network.cross;
      const auto index = static_cast<std::uint32_t>(topology.edges.size());
      topology.edges.push_back(
          {static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to), from == to});
      boost::add_edge(EntryOf(from), ExitOf(to), EdgeData{link.delay.ps(), index}, graph);
    }
  }
  topology.routes.resize(sites);
  for (std::size_t from = 0; from < sites; ++from) {
    std::vector<Vertex> before(boost::num_vertices(graph));
    boost::dijkstra_shortest_paths(
        graph, EntryOf(from),
        boost::predecessor_map(before.data()).weight_map(boost::get(&EdgeData::delay_ps, graph)));
    for (std::size_t to = 0; to < sites; ++to) {
      topology.routes[from].push_back(EdgesOnPath(graph, before, EntryOf(from), ExitOf(to)));
    }
  }
  return topology;
}

}  // namespace lockstep::sim
