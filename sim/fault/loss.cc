// `loss`: packets are lost, each for itself, below the transport.

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

class LossActor final : public FaultActor {
 public:
  using FaultActor::FaultActor;
  PacketFate OnPacket(core::Instant now, const Packet&, core::ByteCount) override {
    Change(now);
    return {true, {}};
  }
};

}  // namespace

extern const FaultKind kLossFault = {
    .name = "loss",
    .meaning =
        "Packets of `link` are lost as they come to their sender's card, each with `prob`: a "
        "stream sends them again.",
    .changed = "Packets that were lost.",
    .family = "network",
    .takes = Takes::kLink,
    .points = Points::kPackets,
    .act = ActBy<LossActor>};

}  // namespace lockstep::sim
