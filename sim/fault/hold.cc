// `hold`: packets wait until they are released.

#include "sim/fault/engine/holding.h"

namespace lockstep::sim {
namespace {

class HoldActor final : public HoldingActor {
 public:
  using HoldingActor::HoldingActor;
  PacketFate OnPacket(core::Instant now, const Packet&, core::ByteCount) override {
    return Hold(now);
  }
};

}  // namespace

extern const FaultKind kHoldFault = {
    .name = "hold",
    .meaning =
        "Packets of `link` wait before their sender's card until the fault ends, or until they "
        "are released, and go on in their order.",
    .changed = "Packets that waited.",
    .family = "network",
    .takes = Takes::kLink,
    .points = Points::kPackets,
    .act = ActBy<HoldActor>};

}  // namespace lockstep::sim
