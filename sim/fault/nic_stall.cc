// `nic_stall`: a card puts nothing on the wire, or takes nothing from it.

#include "sim/fault/engine/card_side.h"
#include "sim/net/network.h"

namespace lockstep::sim {
namespace {

struct NicStall final : FaultBody {
  CardSide side = CardSide::kBoth;

  void Describe(core::Keys& keys, const HostNames&) override { DescribeSide(keys, side); }
};

class NicStallActor final : public FaultActor {
 public:
  NicStallActor(const FaultScene& scene, std::size_t index, const NicStall& stall)
      : FaultActor(scene, index), edges_(CardEdges(scene, targets(), stall.side)) {}
  void Begin(core::Instant now) override {
    is_begun_ = true;
    Touch(edges_.size());
    for (const std::uint32_t edge : edges_) wires().BeginStall(now, edge);
  }
  void End(core::Instant now) override {
    Count(now);
    for (const std::uint32_t edge : edges_) wires().EndStall(now, edge);
  }
  void OnRunEnds(core::Instant now) override { Count(now); }

 private:
  Wires& wires() { return scene().network.wires(); }
  void Count(core::Instant now) {
    if (!is_begun_) return;
    is_begun_ = false;
    for (const std::uint32_t edge : edges_) Change(now, wires().port(edge).MadeLater(now));
  }

  std::vector<std::uint32_t> edges_;
  bool is_begun_ = false;
};

}  // namespace

extern const FaultKind kNicStallFault = {
    .name = "nic_stall",
    .meaning = "The host's card stands still; what it has to carry waits, as far as it has room.",
    .changed = "Packets that it made later.",
    .family = "network",
    .takes = Takes::kTarget,
    .body = MakeBody<NicStall>,
    .act = ActBy<NicStallActor, NicStall>};

}  // namespace lockstep::sim
