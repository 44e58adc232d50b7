// Connections: see open_streams.h.

#include "sim/fault/engine/open_streams.h"

#include <cstdint>

#include "sim/fault/engine/plan.h"
#include "sim/net/network.h"

namespace lockstep::sim {

std::vector<HostPair> OpenStreams(const FaultScene& scene, const Fault& fault, bool is_both_ways) {
  std::vector<HostPair> pairs;
  for (std::uint32_t i = 0; i < scene.hosts.size(); ++i) {
    for (std::uint32_t j = 0; j < scene.hosts.size(); ++j) {
      const core::NodeId from(i);
      const core::NodeId to(j);
      if (!scene.network.HasStream(from, to)) continue;
      if (scene.plan.IsAbout(fault, from, to) ||
          (is_both_ways && scene.plan.IsAbout(fault, to, from)))
        pairs.emplace_back(from, to);
    }
  }
  return pairs;
}

}  // namespace lockstep::sim
