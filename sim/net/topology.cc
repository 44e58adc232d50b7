// Networks as graphs: see topology.h.

#include "sim/net/topology.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "sim/scenario.h"

namespace lockstep::sim {
namespace {

WireSpec WireOf(const LinkClass& link) {
  WireSpec wire;
  wire.delay = link.delay;
  wire.jitter = Distribution::Uniform({}, link.jitter);
  wire.loss = link.loss;
  return wire;
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
          core::ByteCount(0), WireOf(site == to ? network.intra : network.cross));
    }
  }
  return topology;
}

}  // namespace lockstep::sim
