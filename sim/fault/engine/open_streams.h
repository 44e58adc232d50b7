// The connections that a fault is about.

#pragma once

#include <utility>
#include <vector>

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {

using HostPair = std::pair<core::NodeId, core::NodeId>;  // from, to

// Those that were ever opened, and that its links select, in either direction if `is_both_ways`.
std::vector<HostPair> OpenStreams(const FaultScene& scene, const Fault& fault, bool is_both_ways);

}  // namespace lockstep::sim
