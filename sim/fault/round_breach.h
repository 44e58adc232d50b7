// `round_breach`: a message comes after the bound of its round.
//
// The bound is told by the scenario, as a time after the node's saying that the message be sent,
// which is the boundary of its round: so no protocol need be known. A message that would come as
// late without it is not touched.

#pragma once

#include "protocols/core/time.h"
#include "sim/fault/fault.h"

namespace lockstep::sim {

// When a message that was listed at `listed` is to be at its receiver, at the earliest.
inline core::Instant BreachedAt(const Breach& breach, core::Instant listed) {
  return listed + breach.bound + breach.over_by;
}

}  // namespace lockstep::sim
