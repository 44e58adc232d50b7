// Which directions of a host's card a fault is about.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/keys.h"
#include "sim/fault/engine/actor.h"

namespace lockstep::sim {

enum class CardSide : std::uint8_t { kBoth, kIn, kOut };

inline bool IsOf(CardSide side, bool outwards) {
  return side == CardSide::kBoth || (side == CardSide::kOut) == outwards;
}
void DescribeSide(core::Keys& keys, CardSide& side);
// The edges of the targets' cards, of each its way in first.
std::vector<std::uint32_t> CardEdges(const FaultScene& scene,
                                     const std::vector<core::NodeId>& targets, CardSide side);

}  // namespace lockstep::sim
