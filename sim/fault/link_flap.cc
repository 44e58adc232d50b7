// `link_flap`: a host's cable is out, and in again.

#include "sim/fault/engine/card_side.h"
#include "sim/fault/engine/moods.h"
#include "sim/net/network.h"

namespace lockstep::sim {
namespace {

struct LinkFlap final : FaultBody {
  bool waits = false;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Bool({"waits", "What comes meanwhile waits, as far as there is room, and is not lost."},
              waits);
  }
};

class LinkFlapActor final : public FaultActor {
 public:
  LinkFlapActor(const FaultScene& scene, std::size_t index, const LinkFlap& flap)
      : FaultActor(scene, index),
        waits_(flap.waits),
        edges_(CardEdges(scene, targets(), CardSide::kBoth)) {}
  void Begin(core::Instant now) override {
    Touch(edges_.size());
    is_down_ = true;
    const auto fate = waits_ ? Port::WhileDown::kWait : Port::WhileDown::kDropped;
    for (const std::uint32_t edge : edges_) scene().moods.TakeDown(now, edge, index(), fate);
  }
  void End(core::Instant now) override {
    Count(now);
    for (const std::uint32_t edge : edges_) scene().moods.BringUp(now, edge, index());
  }
  void OnRunEnds(core::Instant now) override { Count(now); }
  void OnLost(core::Instant now, const Loss& loss) override {
    if (!is_down_ || loss.cause != trace::DropCause::kFault) return;
    if (loss.place.kind != Place::Kind::kEdge) return;
    for (const std::uint32_t edge : edges_)
      if (edge == loss.place.index) Change(now);
  }

 private:
  Wires& wires() { return scene().network.wires(); }
  void Count(core::Instant now) {
    if (!is_down_) return;
    is_down_ = false;
    for (const std::uint32_t edge : edges_) Change(now, wires().port(edge).MadeLater(now));
  }

  bool waits_;
  std::vector<std::uint32_t> edges_;
  bool is_down_ = false;
};

}  // namespace

extern const FaultKind kLinkFlapFault = {
    .name = "link_flap",
    .meaning =
        "The host's cable is out: the packet that is half on it is lost, and so is what "
        "comes meanwhile. `every` and `for` make it flap.",
    .changed = "Packets that were lost, or waited.",
    .family = "network",
    .takes = Takes::kTarget,
    .points = Points::kLost,
    .body = MakeBody<LinkFlap>,
    .act = ActBy<LinkFlapActor, LinkFlap>};

}  // namespace lockstep::sim
