// `hold`: packets wait until they are released.

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

class HoldActor final : public FaultActor {
 public:
  using FaultActor::FaultActor;
  void Begin(core::Instant now) override { released_ = EndsAt(now); }
  PacketFate OnPacket(core::Instant now, const Packet&, core::ByteCount) override {
    Change(now);
    return {false, released_ - now};
  }

 private:
  core::Instant released_;
};

}  // namespace

extern const FaultKind kHoldFault = {
    .name = "hold",
    .meaning =
        "Packets of `link` wait before their sender's card until the fault ends, and are "
        "then released in their order.",
    .changed = "Packets that waited.",
    .family = "network",
    .takes = Takes::kLink,
    .points = Points::kPackets,
    .act = ActBy<HoldActor>};

}  // namespace lockstep::sim
