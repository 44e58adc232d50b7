// Topologies described: see topology_view.h.

#include "tools/lockstep/topology_view.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"
#include "protocols/parameters/parameters.h"
#include "sim/net/routes.h"
#include "sim/scenario/graph_file.h"

namespace lockstep::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kPathsMax = 1'000'000'000;  // More are counted as so many.

// A wire as a reader thinks of it: both directions in one, where they are the same.
struct Wire {
  std::uint32_t edge = 0;
  bool is_one_way = false;
};

bool IsBetweenSwitches(const sim::Topology& topology, const sim::Edge& edge) {
  return !topology.is_host(edge.from) && !topology.is_host(edge.to);
}

std::vector<Wire> WiresOf(const sim::Topology& topology) {
  std::vector<Wire> wires;
  for (std::uint32_t i = 0; i < topology.edges.size(); ++i) {
    const sim::Edge& edge = topology.edges[i];
    if (!IsBetweenSwitches(topology, edge)) continue;
    const sim::Edge* back = i + 1 < topology.edges.size() ? &topology.edges[i + 1] : nullptr;
    const bool has_back = back != nullptr && back->from == edge.to && back->to == edge.from &&
                          back->rate_bps == edge.rate_bps && back->wire.delay == edge.wire.delay;
    wires.push_back({i, !has_back});
    if (has_back) ++i;
  }
  return wires;
}

std::string NameOf(const sim::Topology& topology, const Wire& wire) {
  const sim::Edge& edge = topology.edges[wire.edge];
  return absl::StrCat(topology.vertices[edge.from].name, wire.is_one_way ? " -> " : " - ",
                      topology.vertices[edge.to].name);
}

core::Duration DelayOf(const sim::Topology& topology, const sim::Edge& edge) {
  return edge.wire.delay + edge.wire.fec + edge.wire.jitter.min() +
         topology.vertices[edge.from].forwarding.latency.min();
}

// "a0..a3, a5": hosts by cluster and index, in order.
std::string Ranges(const std::vector<std::string>& hosts) {
  std::string text;
  const auto split = [](const std::string& host) {
    const std::size_t end = host.find_last_not_of("0123456789") + 1;
    return std::pair(host.substr(0, end), std::stoul("0" + host.substr(end)));
  };
  for (std::size_t i = 0; i < hosts.size();) {
    std::size_t last = i;
    const auto [cluster, index] = split(hosts[i]);
    while (last + 1 < hosts.size() &&
           split(hosts[last + 1]) == std::pair(cluster, index + (last + 1 - i)))
      ++last;
    absl::StrAppend(&text, text.empty() ? "" : ", ", hosts[i]);
    if (last > i) absl::StrAppend(&text, last > i + 1 ? ".." : ", ", hosts[last]);
    i = last + 1;
  }
  return text;
}

// --- Routes and loads ---

// Shortest paths towards one host: how many there are from each vertex, the slowest port on any of
// them, and what crosses the edges when `weight` of every source is split evenly wherever paths
// part.
class Inflow {
 public:
  Inflow(const sim::Topology& topology, const sim::Routes& routes, core::NodeId to)
      : topology_(topology),
        routes_(routes),
        to_(to),
        paths_(topology.vertices.size(), kUnseen),
        slowest_(topology.vertices.size(), kAnyRate) {
    paths_[to.value()] = 1;
  }

  // None where there is no way.
  std::uint64_t PathsFrom(std::uint32_t vertex) {
    if (paths_[vertex] == kUnseen) Visit(vertex);
    return paths_[vertex];
  }

  // Zero where no port bounds it; PathsFrom was asked.
  std::int64_t SlowestFrom(std::uint32_t vertex) const {
    return slowest_[vertex] == kAnyRate ? 0 : slowest_[vertex];
  }
  // Adds to `loads[edge]`; `sources[vertex]` is what begins there, PathsFrom of each was asked.
  void AddLoads(std::vector<double> sources, std::vector<double>& loads) const {
    for (auto at = order_.rbegin(); at != order_.rend(); ++at) {
      const auto choices = routes_.Choices(*at, to_);
      const double share = sources[*at] / static_cast<double>(choices.size());
      if (share == 0) continue;
      for (const std::uint32_t edge : choices) {
        loads[edge] += share;
        sources[topology_.edges[edge].to] += share;
      }
    }
  }

 private:
  static constexpr std::uint64_t kUnseen = ~std::uint64_t{0};
  static constexpr std::int64_t kAnyRate = std::numeric_limits<std::int64_t>::max();

  // Depth first, without recursion: maps may be long.
  void Visit(std::uint32_t root) {
    std::vector<std::uint32_t> open = {root};
    while (!open.empty()) {
      const std::uint32_t at = open.back();
      const auto choices = routes_.Choices(at, to_);
      std::uint64_t sum = 0;
      bool is_complete = true;
      for (const std::uint32_t edge : choices) {
        const std::uint32_t next = topology_.edges[edge].to;
        if (paths_[next] == kUnseen) {
          open.push_back(next);
          is_complete = false;
        } else {
          sum = std::min(kPathsMax, sum + paths_[next]);
          const std::int64_t rate = topology_.edges[edge].rate_bps;
          slowest_[at] = std::min({slowest_[at], slowest_[next], rate > 0 ? rate : kAnyRate});
        }
      }
      if (!is_complete) continue;
      open.pop_back();
      if (paths_[at] != kUnseen) continue;  // Reached twice before it was left.
      paths_[at] = sum;
      order_.push_back(at);
    }
  }

  const sim::Topology& topology_;
  const sim::Routes& routes_;
  core::NodeId to_;
  std::vector<std::uint64_t> paths_;   // paths_[vertex]
  std::vector<std::int64_t> slowest_;  // slowest_[vertex]
  std::vector<std::uint32_t> order_;   // each after all that its paths cross
};

struct Route {
  std::uint32_t from = 0;  // groups
  std::uint32_t to = 0;
  std::size_t hops = 0;  // links between switches
  core::Duration delay;
  std::int64_t rate_bps = 0;  // of the slowest port on any of the paths; 0: there is none
  std::uint64_t paths = 0;
};

Route RouteOf(const TopologyView& view, const sim::Routes& routes, core::NodeId a, core::NodeId b) {
  Route route;
  for (const std::uint32_t i : routes.Path(view.topology, a, b, sim::Routes::FlowOf(a, b))) {
    const sim::Edge& edge = view.topology.edges[i];
    route.delay += DelayOf(view.topology, edge);
    if (IsBetweenSwitches(view.topology, edge)) ++route.hops;
  }
  return route;
}

struct Traffic {
  std::vector<Route> routes;  // longest first
  std::uint64_t unconnected = 0;
  std::vector<double> loads;  // loads[edge]: ordered pairs of hosts (of a map: sites) that cross it
};

Traffic TrafficOf(const TopologyView& view) {
  const sim::Topology& topology = view.topology;
  const sim::Routes routes(topology);
  Traffic traffic;
  traffic.loads.assign(topology.edges.size(), 0);
  for (std::uint32_t g = 0; g < view.groups.size(); ++g) {
    const HostGroup& to = view.groups[g];
    Inflow inflow(topology, routes, core::NodeId(to.first));
    std::vector<double> sources(topology.vertices.size(), 0);
    for (std::uint32_t f = 0; f < view.groups.size(); ++f) {
      const HostGroup& from = view.groups[f];
      const bool is_own = f == g;
      if (is_own && from.count < 2) continue;
      const std::uint32_t host = is_own ? from.second : from.first;
      const std::uint64_t paths = inflow.PathsFrom(host);
      if (paths == 0) {
        ++traffic.unconnected;
        continue;
      }
      sources[host] += static_cast<double>(from.count - (is_own ? 1 : 0)) * to.count;
      Route route = RouteOf(view, routes, core::NodeId(host), core::NodeId(to.first));
      route.from = f;
      route.to = g;
      route.rate_bps = inflow.SlowestFrom(host);
      route.paths = paths;
      traffic.routes.push_back(route);
    }
    inflow.AddLoads(std::move(sources), traffic.loads);
  }
  std::stable_sort(
      traffic.routes.begin(), traffic.routes.end(), [](const Route& a, const Route& b) {
        return std::tuple(-a.delay.ps(), a.from, a.to) < std::tuple(-b.delay.ps(), b.from, b.to);
      });
  return traffic;
}

// Leaves out the way back where it is the way there.
std::vector<Route> WithoutWaysBack(std::vector<Route> routes) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, Route> there;
  for (const Route& route : routes) there[{route.from, route.to}] = route;
  std::erase_if(routes, [&](const Route& route) {
    const auto back = there.find({route.to, route.from});
    return route.from > route.to && back != there.end() && back->second.delay == route.delay &&
           back->second.rate_bps == route.rate_bps && back->second.paths == route.paths;
  });
  return routes;
}

// --- JSON ---

template <typename Make>
Json List(std::size_t count, std::size_t most, Make make) {
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min(count, most); ++i) list.push_back(make(i));
  return Json{{"list", std::move(list)}, {"left_out", count - std::min(count, most)}};
}

Json Sites(const TopologyView& view, const std::vector<Wire>& wires, std::size_t most) {
  const sim::Topology& topology = view.topology;
  std::vector<std::vector<std::string>> hosts(topology.vertices.size());
  std::vector<std::size_t> links(topology.vertices.size(), 0);
  for (const sim::Edge& edge : topology.edges)
    if (topology.is_host(edge.from)) hosts[edge.to].push_back(topology.vertices[edge.from].name);
  for (const Wire& wire : wires) {
    ++links[topology.edges[wire.edge].from];
    if (topology.edges[wire.edge].to != topology.edges[wire.edge].from)
      ++links[topology.edges[wire.edge].to];
  }
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = topology.hosts; i < topology.vertices.size(); ++i) order.push_back(i);
  // Those with hosts first; a map has only those that stand for sites.
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return !view.is_map && !hosts[a].empty() && hosts[b].empty();
  });
  return List(order.size(), most, [&](std::size_t i) {
    Json site = {{"name", topology.vertices[order[i]].name}, {"links", links[order[i]]}};
    if (!view.is_map) site["hosts"] = Ranges(hosts[order[i]]);
    return site;
  });
}

Json Links(const TopologyView& view, const std::vector<Wire>& wires, std::size_t most) {
  return List(wires.size(), most, [&](std::size_t i) {
    const sim::Edge& edge = view.topology.edges[wires[i].edge];
    const auto origin = [](sim::Origin from) {
      return std::string(sim::kOriginNames[static_cast<std::size_t>(from)]);
    };
    return Json{{"from", view.topology.vertices[edge.from].name},
                {"to", view.topology.vertices[edge.to].name},
                {"one_way", wires[i].is_one_way},
                {"rate_bps", edge.rate_bps},
                {"rate_from", origin(edge.rate_origin)},
                {"delay_ps", edge.wire.delay.ps()},
                {"delay_from", origin(edge.delay_origin)}};
  });
}

Json RoutesJson(const TopologyView& view, const std::vector<Route>& routes, std::size_t most) {
  return List(routes.size(), most, [&](std::size_t i) {
    const Route& route = routes[i];
    return Json{{"from", view.groups[route.from].name},
                {"to", view.groups[route.to].name},
                {"hops", route.hops},
                {"delay_ps", route.delay.ps()},
                {"rate_bps", route.rate_bps},
                {"paths", route.paths}};
  });
}

// Wires by what would be left for each pair that crosses one, if all of them sent at once; of the
// two directions the worse one counts.
Json Bottlenecks(const TopologyView& view, const std::vector<Wire>& wires, const Traffic& traffic,
                 std::size_t most) {
  struct Loaded {
    Wire wire;
    double pairs = 0;
    double bps_per_pair = 0;
  };
  std::vector<Loaded> loaded;
  for (const Wire& wire : wires) {
    double pairs = traffic.loads[wire.edge];
    if (!wire.is_one_way) pairs = std::max(pairs, traffic.loads[wire.edge + 1]);
    const std::int64_t rate = view.topology.edges[wire.edge].rate_bps;
    if (pairs > 0 && rate > 0) loaded.push_back({wire, pairs, static_cast<double>(rate) / pairs});
  }
  std::stable_sort(loaded.begin(), loaded.end(), [](const Loaded& a, const Loaded& b) {
    return a.bps_per_pair < b.bps_per_pair;
  });
  return List(loaded.size(), most, [&](std::size_t i) {
    return Json{{"link", NameOf(view.topology, loaded[i].wire)},
                {"rate_bps", view.topology.edges[loaded[i].wire.edge].rate_bps},
                {"pairs", loaded[i].pairs},
                {"bps_per_pair", loaded[i].bps_per_pair}};
  });
}

// The slowest of the hosts' links, which every pair of its host crosses.
Json HostLinks(const TopologyView& view) {
  std::int64_t least = 0;
  for (const sim::Edge& edge : view.topology.edges)
    if (view.topology.is_host(edge.from) && (least == 0 || edge.rate_bps < least))
      least = edge.rate_bps;
  const std::uint32_t pairs = view.topology.hosts - 1;
  return Json{{"hosts", view.topology.hosts},
              {"rate_bps", least},
              {"pairs", pairs},
              {"bps_per_pair", pairs == 0 ? 0.0 : static_cast<double>(least) / pairs}};
}

}  // namespace

std::vector<HostGroup> GroupsOf(const sim::Topology& topology,
                                const std::vector<core::Cluster>& clusters) {
  std::vector<std::uint32_t> entry(topology.hosts);
  for (const sim::Edge& edge : topology.edges)
    if (topology.is_host(edge.from)) entry[edge.from] = edge.to;
  std::vector<HostGroup> groups;
  for (const core::Cluster& cluster : clusters) {
    std::map<std::uint32_t, std::size_t> group_at;  // by switch
    for (std::uint32_t i = 0; i < cluster.size; ++i) {
      const std::uint32_t host = cluster.first.value() + i;
      const auto [at, is_new] = group_at.emplace(entry[host], groups.size());
      if (is_new)
        groups.push_back({absl::StrCat(cluster.name, " at ", topology.vertices[entry[host]].name),
                          host, host, 0});
      if (++groups[at->second].count == 2) groups[at->second].second = host;
    }
  }
  return groups;
}

nlohmann::ordered_json Describe(const TopologyView& view, std::size_t most) {
  const std::vector<Wire> wires = WiresOf(view.topology);
  const Traffic traffic = TrafficOf(view);
  Json description;
  description["source"] = view.source;
  description["kind"] = view.is_map ? "map" : view.is_fabric ? "fabric" : "topology";
  description["switches"] = view.topology.vertices.size() - view.topology.hosts;
  description["wires"] = wires.size();
  if (!view.is_map) description["host_links"] = HostLinks(view);
  description["sites"] = Sites(view, wires, most);
  description["links"] = Links(view, wires, most);
  description["routes"] = RoutesJson(view, WithoutWaysBack(traffic.routes), most);
  description["unconnected_pairs"] = traffic.unconnected;
  description["bottlenecks"] = Bottlenecks(view, wires, traffic, most);
  description["remarks"] = view.remarks;
  return description;
}

std::string TopologyDot(const TopologyView& view) {
  const sim::Topology& topology = view.topology;
  const std::vector<Wire> wires = WiresOf(topology);
  const bool is_directed =
      std::any_of(wires.begin(), wires.end(), [](const Wire& wire) { return wire.is_one_way; });
  const auto quoted = [](const std::string& text) {
    std::string safe;
    for (const char c : text) {
      if (c == '"' || c == '\\') safe += '\\';
      safe += c;
    }
    return absl::StrCat("\"", safe, "\"");
  };
  std::vector<std::vector<std::string>> hosts(topology.vertices.size());
  for (const sim::Edge& edge : topology.edges)
    if (topology.is_host(edge.from) && !view.is_map)
      hosts[edge.to].push_back(topology.vertices[edge.from].name);
  std::string text = absl::StrCat("// ", view.source, "\n", is_directed ? "digraph" : "graph",
                                  " topology {\n  node [shape=box];\n");
  for (std::size_t i = topology.hosts; i < topology.vertices.size(); ++i) {
    const std::string beside =
        hosts[i].empty() ? "" : absl::StrCat(" [xlabel=", quoted(Ranges(hosts[i])), "]");
    absl::StrAppend(&text, "  ", quoted(topology.vertices[i].name), beside, ";\n");
  }
  for (const Wire& wire : wires) {
    const int ways = is_directed && !wire.is_one_way ? 2 : 1;
    for (int way = 0; way < ways; ++way) {
      const sim::Edge& edge = topology.edges[wire.edge + static_cast<std::uint32_t>(way)];
      const std::string delay = FormatDuration(edge.wire.delay);
      const std::string rate = edge.rate_bps > 0 ? sim::FormatRate(edge.rate_bps) : "";
      absl::StrAppend(&text, "  ", quoted(topology.vertices[edge.from].name),
                      is_directed ? " -> " : " -- ", quoted(topology.vertices[edge.to].name), " [");
      if (!rate.empty()) absl::StrAppend(&text, "rate=", quoted(rate), ", ");
      absl::StrAppend(&text, "delay=", quoted(delay), "];\n");
    }
  }
  return text + "}\n";
}

}  // namespace lockstep::cli
