// `clog`: what hosts send, or what is sent to them, waits, and bursts out at the end.

#include "sim/fault/engine/card_side.h"
#include "sim/fault/engine/holding.h"

namespace lockstep::sim {
namespace {

struct Clog final : FaultBody {
  CardSide side = CardSide::kBoth;

  void Describe(core::Keys& keys, const HostNames&) override { DescribeSide(keys, side); }
};

class ClogActor final : public HoldingActor {
 public:
  ClogActor(const FaultScene& scene, std::size_t index, const Clog& clog)
      : HoldingActor(scene, index), side_(clog.side) {}
  bool SelectsPacket(core::NodeId from, core::NodeId to) const override {
    return (Targets(from) && IsOf(side_, true)) || (Targets(to) && IsOf(side_, false));
  }
  PacketFate OnPacket(core::Instant now, const Packet&, core::ByteCount) override {
    return Hold(now);
  }

 private:
  CardSide side_;
};

}  // namespace

extern const FaultKind kClogFault = {
    .name = "clog",
    .meaning =
        "Packets from and to a host wait before their sender's card, and burst out when the "
        "fault ends.",
    .changed = "Packets that waited.",
    .family = "network",
    .takes = Takes::kTarget,
    .points = Points::kPackets,
    .body = MakeBody<Clog>,
    .act = ActBy<ClogActor, Clog>};

}  // namespace lockstep::sim
