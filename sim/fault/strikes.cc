// Faults that wait for their moment: see strikes.h.

#include "sim/fault/strikes.h"

#include "sim/net/network.h"

namespace lockstep::sim {

Strikes::Strikes(const WorldSpec& scenario, FaultPlan& plan, const Network& network,
                 Crasher& crasher)
    : scenario_(scenario), plan_(plan), network_(network), crasher_(crasher) {
  for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
    if (scenario.faults[i].is_armed_crash()) crashes_.push_back({i, {}});
    if (scenario.faults[i].kind == FaultKind::kLoss) has_loss_ = true;
  }
}

void Strikes::BeforeEffect(core::Instant, core::NodeId host, const core::Listed& listed) {
  for (Crash& crash : crashes_) {
    if (!plan_.is_active(crash.fault)) continue;
    if (!crash.count.Strikes(scenario_.faults[crash.fault], host, listed)) continue;
    crasher_.CrashHost(crash.fault, host);
    return;  // The effect is cut off: it is nobody's any more.
  }
}

PacketFate Strikes::BeforeQueue(core::Instant now, std::uint32_t edge, const Packet& packet,
                                core::ByteCount) {
  const bool is_own_card = has_loss_ && edge == network_.CardEdge(packet.from, /*outwards=*/true);
  return {is_own_card && plan_.LosesPacket(now, packet.from, packet.to), {}};
}

}  // namespace lockstep::sim
