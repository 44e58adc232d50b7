// `swizzle_clog`: some hosts are clogged one after the other, and unclogged in another order.
//
// Source: the "swizzle-clogging" of FoundationDB's simulation. Instants are drawn at the beginning:
// each host chosen is clogged within the first third of the fault, and unclogged within the last.

#include <algorithm>
#include <optional>
#include <vector>

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

struct SwizzleClog final : FaultBody {
  Ratio fraction{1, 2};

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Probability({"fraction", "Of each host to be one of them; one is in any case."},
                     fraction.numerator, fraction.denominator);
  }
};

class SwizzleClogActor final : public FaultActor {
 public:
  SwizzleClogActor(const FaultScene& scene, std::size_t index, const SwizzleClog& swizzle)
      : FaultActor(scene, index), fraction_(swizzle.fraction) {}

  void Begin(core::Instant now) override {
    clogged_.clear();
    const core::Instant end = EndsAt(now);
    const core::Duration third = core::Duration::Picoseconds((end - now).ps() / 3);
    const std::size_t sure = random().Below(targets().size());
    for (std::size_t i = 0; i < targets().size(); ++i) {
      const bool is_chosen = random().Chance(fraction_.numerator, fraction_.denominator);
      if (!is_chosen && i != sure) continue;
      const core::Duration begins = DrawBetween({}, third, random());
      const core::Duration ends_before = DrawBetween({}, third, random());
      clogged_.push_back({targets()[i], now + begins, end - ends_before});
    }
  }
  bool SelectsPacket(core::NodeId from, core::NodeId to) const override {
    return std::any_of(clogged_.begin(), clogged_.end(),
                       [&](const Clogged& each) { return each.host == from || each.host == to; });
  }
  PacketFate OnPacket(core::Instant now, const Packet& packet, core::ByteCount) override {
    core::Instant until = now;
    for (const Clogged& each : clogged_) {
      const bool is_its = each.host == packet.from || each.host == packet.to;
      if (is_its && now >= each.from) until = std::max(until, each.until);
    }
    if (until > now) Change(now);
    return {false, until - now};
  }

 private:
  struct Clogged {
    core::NodeId host;
    core::Instant from;
    core::Instant until;
  };
  Ratio fraction_;
  std::vector<Clogged> clogged_;
};

}  // namespace

extern const FaultKind kSwizzleClogFault = {
    .name = "swizzle_clog",
    .meaning =
        "A random part of the hosts is clogged, one after the other in the first third of "
        "the fault, and unclogged in another order in the last.",
    .changed = "Packets that waited.",
    .family = "network",
    .takes = Takes::kTarget,
    .points = Points::kPackets,
    .body = MakeBody<SwizzleClog>,
    .act = ActBy<SwizzleClogActor, SwizzleClog>};

}  // namespace lockstep::sim
