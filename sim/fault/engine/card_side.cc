// Directions of cards: see card_side.h.

#include "sim/fault/engine/card_side.h"

#include "sim/net/network.h"

namespace lockstep::sim {

void DescribeSide(core::Keys& keys, CardSide& side) {
  static constexpr core::Option kSides[] = {{"both"}, {"in"}, {"out"}};
  keys.Choice({"dir", "Which way."}, side, kSides);
}

std::vector<std::uint32_t> CardEdges(const FaultScene& scene,
                                     const std::vector<core::NodeId>& targets, CardSide side) {
  std::vector<std::uint32_t> edges;
  for (const core::NodeId host : targets)
    for (const bool outwards : {false, true})
      if (IsOf(side, outwards)) edges.push_back(scene.network.CardEdge(host, outwards));
  return edges;
}

}  // namespace lockstep::sim
