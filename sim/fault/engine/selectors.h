// Whether a link or a message is one that a fault is about.

#pragma once

#include <vector>

#include "protocols/core/program.h"
#include "sim/decoded.h"
#include "sim/fault/engine/fault.h"

namespace lockstep::sim {

bool IsOf(const LinkSelector& link, const std::vector<core::Cluster>& clusters, core::NodeId from,
          core::NodeId to);

// Whether a message has to be decoded for it.
inline bool WantsFields(const MessageSelector& wanted) {
  return !wanted.type.empty() || wanted.seq || wanted.round || wanted.has_round ||
         !wanted.field.empty();
}
// All but the nth.
bool IsOf(const MessageSelector& wanted, const Decoded& message);

}  // namespace lockstep::sim
