// `burst_loss`: packets are lost in bursts.
//
// Source: Gilbert, "Capacity of a burst-noise channel", 1960; Elliott, "Estimates of error rates
// for codes on burst-noise channels", 1963. Each ordered pair of hosts is in a good or a bad state,
// of which each packet draws first whether it changes, then whether it is lost.

#include <utility>

#include "absl/container/btree_set.h"

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

struct BurstLoss final : FaultBody {
  Ratio to_bad{0, 1};
  Ratio to_good{0, 1};
  Ratio loss_bad{1, 1};
  Ratio loss_good{0, 1};

  void Describe(core::Keys& keys, const HostNames&) override {
    const auto read = [&](const core::Key& key, Ratio& ratio) {
      keys.Probability(key, ratio.numerator, ratio.denominator);
    };
    read(core::Required("to_bad", "That a pair of hosts goes from good to bad with a packet."),
         to_bad);
    read(core::Required("to_good", "That it goes back."), to_good);
    read({"loss_bad", "That a packet is lost while it is bad."}, loss_bad);
    read({"loss_good", "The same while it is good."}, loss_good);
    if (keys.ok() && to_bad.numerator == 0 && loss_good.numerator == 0 && keys.IsSaid("to_bad"))
      keys.FailWanted("to_bad", "a probability above zero");
  }
};

class BurstLossActor final : public FaultActor {
 public:
  BurstLossActor(const FaultScene& scene, std::size_t index, const BurstLoss& loss)
      : FaultActor(scene, index), loss_(loss) {}
  PacketFate OnPacket(core::Instant now, const Packet& packet, core::ByteCount) override {
    const std::pair pair(packet.from, packet.to);
    const bool was_bad = bad_.contains(pair);
    const bool changes = Chance(was_bad ? loss_.to_good : loss_.to_bad);
    const bool is_bad = was_bad != changes;
    if (is_bad) {
      bad_.insert(pair);
    } else {
      bad_.erase(pair);
    }
    const bool is_lost = Chance(is_bad ? loss_.loss_bad : loss_.loss_good);
    if (is_lost) Change(now);
    return {is_lost, {}};
  }

 private:
  bool Chance(const Ratio& ratio) { return random().Chance(ratio.numerator, ratio.denominator); }

  const BurstLoss& loss_;
  absl::btree_set<std::pair<core::NodeId, core::NodeId>> bad_;  // from, to
};

}  // namespace

extern const FaultKind kBurstLossFault = {
    .name = "burst_loss",
    .meaning =
        "Packets of `link` are lost in bursts: each ordered pair of hosts is good or bad "
        "(Gilbert and Elliott).",
    .changed = "Packets that were lost.",
    .family = "network",
    .takes = Takes::kLink,
    .points = Points::kPackets,
    .body = MakeBody<BurstLoss>,
    .act = ActBy<BurstLossActor, BurstLoss>};

}  // namespace lockstep::sim
