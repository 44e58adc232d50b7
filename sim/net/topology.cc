// Networks as graphs: see topology.h.

#include "sim/net/topology.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"
#include "sim/net/network_spec.h"

namespace lockstep::sim {
namespace {

WireSpec WireOf(const LinkClass& link) {
  WireSpec wire;
  wire.delay = link.delay;
  wire.jitter = Distribution::Uniform({}, link.jitter);
  wire.loss = link.loss;
  return wire;
}

// Which vertices can be reached from `root` along edges between switches; backwards: from which
// `root` can be.
std::vector<bool> Reach(const Topology& topology, std::uint32_t root, bool is_backwards) {
  std::vector<std::vector<std::uint32_t>> next(topology.vertices.size());
  for (const Edge& edge : topology.edges) {
    if (topology.is_host(edge.from) || topology.is_host(edge.to)) continue;
    next[is_backwards ? edge.to : edge.from].push_back(is_backwards ? edge.from : edge.to);
  }
  std::vector<bool> is_reached(topology.vertices.size(), false);
  std::vector<std::uint32_t> open = {root};
  is_reached[root] = true;
  while (!open.empty()) {
    const std::uint32_t at = open.back();
    open.pop_back();
    for (const std::uint32_t to : next[at]) {
      if (is_reached[to]) continue;
      is_reached[to] = true;
      open.push_back(to);
    }
  }
  return is_reached;
}

}  // namespace

Topology BuildFabric(const std::vector<core::Cluster>& clusters, const NetworkSpec& network,
                     const Profile& profile) {
  Topology topology;
  for (const core::Cluster& cluster : clusters) {
    for (std::uint32_t i = 0; i < cluster.size; ++i) {
      topology.vertices.push_back({absl::StrCat(cluster.name, i), {}});
      ++topology.hosts;
    }
  }
  // Two vertices a site, so that a packet to its own site crosses the fabric as any other does.
  const auto entry_of = [&](std::size_t site) {
    return topology.hosts + static_cast<std::uint32_t>(2 * site);
  };
  const auto exit_of = [&](std::size_t site) { return entry_of(site) + 1; };
  for (std::size_t site = 0; site < clusters.size(); ++site) {
    topology.vertices.push_back({absl::StrCat(clusters[site].name, "/in"), {}});
    topology.vertices.push_back({absl::StrCat(clusters[site].name, "/out"), {}});
  }
  const auto add = [&](std::uint32_t from, std::uint32_t to, std::string name, std::int64_t rate,
                       core::ByteCount queue, WireSpec wire) {
    topology.edges.push_back({from, to, std::move(name), rate, queue, std::move(wire)});
  };
  for (std::size_t site = 0; site < clusters.size(); ++site) {
    for (std::uint32_t i = 0; i < clusters[site].size; ++i) {
      const std::uint32_t host = clusters[site].first.value() + i;
      const std::string& name = topology.vertices[host].name;
      add(host, entry_of(site), absl::StrCat(name, "-"), profile.nic.rate_bps, profile.nic.tx.bytes,
          {});
      add(exit_of(site), host, absl::StrCat("-", name), profile.nic.rate_bps,
          profile.fabric.port_queue, {});
    }
    for (std::size_t to = 0; to < clusters.size(); ++to) {
      add(entry_of(site), exit_of(to), absl::StrCat(clusters[site].name, "-", clusters[to].name), 0,
          core::ByteCount(0), WireOf(network.Of(PairClassOf(clusters[site], clusters[to]))));
    }
  }
  return topology;
}

void SwitchGraph::AddWire(const Edge& edge, bool is_one_way) {
  edges.push_back(edge);
  if (is_one_way) return;
  edges.push_back(edge);
  std::swap(edges.back().from, edges.back().to);
}

Topology AttachHosts(const SwitchGraph& graph, const std::vector<std::string>& hosts,
                     const std::vector<std::uint32_t>& attached, const HostLink& link) {
  CHECK(hosts.size() == attached.size());
  Topology topology;
  topology.hosts = static_cast<std::uint32_t>(hosts.size());
  for (const std::string& host : hosts) topology.vertices.push_back({host, {}});
  topology.vertices.insert(topology.vertices.end(), graph.switches.begin(), graph.switches.end());
  absl::flat_hash_map<std::string, std::uint32_t> taken;  // names, how often; only looked up
  const auto add = [&](Edge edge) {
    edge.name =
        absl::StrCat(topology.vertices[edge.from].name, "->", topology.vertices[edge.to].name);
    const std::uint32_t times = ++taken[edge.name];
    if (times > 1) absl::StrAppend(&edge.name, "#", times);
    topology.edges.push_back(std::move(edge));
  };
  for (std::uint32_t host = 0; host < topology.hosts; ++host) {
    CHECK(attached[host] < graph.switches.size());
    const std::uint32_t at = topology.hosts + attached[host];
    const core::ByteCount port =
        link.port_queue.value_or(graph.switches[attached[host]].forwarding.port_queue);
    add({host, at, "", link.rate_bps, link.card_queue, link.wire, {}, {}});
    add({at, host, "", link.rate_bps, port, link.wire, {}, {}});
  }
  for (Edge edge : graph.edges) {
    edge.from += topology.hosts;
    edge.to += topology.hosts;
    add(std::move(edge));
  }
  return topology;
}

std::uint32_t SwitchOf(const Topology& topology, std::uint32_t host) {
  for (const Edge& edge : topology.edges) {
    if (edge.from == host) return edge.to;
  }
  return static_cast<std::uint32_t>(topology.vertices.size());
}

std::optional<Cut> FindCut(const Topology& topology) {
  std::vector<std::uint32_t> entry(topology.hosts);  // entry[host]: where its packets go first
  std::vector<std::uint32_t> near(topology.hosts);   // near[host]: where they come from
  for (const Edge& edge : topology.edges) {
    if (topology.is_host(edge.from)) entry[edge.from] = edge.to;
    if (topology.is_host(edge.to)) near[edge.to] = edge.from;
  }
  const auto cut = [&](std::uint32_t from, std::uint32_t to) {
    Cut found{from, to, {}};
    const std::vector<bool> is_reached = Reach(topology, entry[from], false);
    for (std::uint32_t i = topology.hosts; i < is_reached.size(); ++i) {
      if (is_reached[i]) found.reached.push_back(i);
    }
    return found;
  };
  if (topology.hosts < 2) return std::nullopt;
  // All reach each other where the first reaches all and all reach the first.
  const std::vector<bool> is_reached = Reach(topology, entry[0], false);
  const std::vector<bool> reaches = Reach(topology, near[0], true);
  for (std::uint32_t host = 1; host < topology.hosts; ++host) {
    if (!is_reached[near[host]]) return cut(0, host);
    if (!reaches[entry[host]]) return cut(host, 0);
  }
  return std::nullopt;
}

}  // namespace lockstep::sim
