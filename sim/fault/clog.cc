// `clog`: what hosts send, or what is sent to them, waits, and bursts out at the end.

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

enum class ClogSide : std::uint8_t { kBoth, kIn, kOut };

struct Clog final : FaultBody {
  ClogSide side = ClogSide::kBoth;

  void Describe(core::Keys& keys, const HostNames&) override {
    static constexpr core::Option kSides[] = {{"both"}, {"in"}, {"out"}};
    keys.Choice({"dir", "Which way."}, side, kSides);
  }
};

class ClogActor final : public FaultActor {
 public:
  ClogActor(const FaultScene& scene, std::size_t index, const Clog& clog)
      : FaultActor(scene, index), side_(clog.side) {}
  void Begin(core::Instant now) override { ends_ = EndsAt(now); }
  bool SelectsPacket(core::NodeId from, core::NodeId to) const override {
    return (side_ != ClogSide::kIn && Targets(from)) || (side_ != ClogSide::kOut && Targets(to));
  }
  PacketFate OnPacket(core::Instant now, const Packet&, core::ByteCount) override {
    Change(now);
    return {false, ends_ - now};
  }

 private:
  ClogSide side_;
  core::Instant ends_;
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
