// `pause_frames`: a card sends pause frames without end, and its switch obeys.
//
// Source: priority flow control, IEEE 802.1Qbb: a port that is paused sends nothing, its queue
// grows, and at a threshold (XOFF) its switch pauses those whose packets fill it. What that does to
// a fabric where one card is broken is told in Guo et al., RDMA over Commodity Ethernet at Scale
// (SIGCOMM 2016), section 4.

#include "absl/container/btree_set.h"

#include "sim/fault/engine/card_side.h"
#include "sim/net/network.h"

namespace lockstep::sim {
namespace {

struct PauseFrames final : FaultBody {
  core::ByteCount xoff;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Size({"xoff",
               "Once so many bytes wait for the paused port, whoever sends more into its queue is "
               "paused, too.",
               false, "nobody else is paused"},
              xoff);
  }
};

class PauseFramesActor final : public FaultActor {
 public:
  PauseFramesActor(const FaultScene& scene, std::size_t index, const PauseFrames& frames)
      : FaultActor(scene, index), xoff_(frames.xoff) {}

  void Begin(core::Instant now) override {
    for (const std::uint32_t edge : CardEdges(scene(), targets(), CardSide::kIn)) Pause(now, edge);
  }
  bool OnPort(core::Instant now, std::uint32_t edge, const Packet& packet,
              core::ByteCount waiting) override {
    if (xoff_.value() == 0 || !paused_.contains(edge) || waiting + packet.size <= xoff_)
      return true;
    const auto before = wires().PortBefore(edge, packet);
    if (before && !paused_.contains(*before)) Pause(now, *before);
    return true;
  }
  void End(core::Instant now) override {
    Count(now);
    for (const std::uint32_t edge : paused_) wires().EndStall(now, edge);
    paused_.clear();
  }
  void OnRunEnds(core::Instant now) override { Count(now); }

 private:
  Wires& wires() { return scene().network.wires(); }
  void Pause(core::Instant now, std::uint32_t edge) {
    Touch();
    paused_.insert(edge);
    wires().BeginStall(now, edge);
  }
  void Count(core::Instant now) {
    for (const std::uint32_t edge : paused_) Change(now, wires().port(edge).MadeLater(now));
  }

  core::ByteCount xoff_;
  absl::btree_set<std::uint32_t> paused_;
};

}  // namespace

extern const FaultKind kPauseFramesFault = {
    .name = "pause_frames",
    .meaning =
        "The host's card has its switch pause the port towards it (priority flow control, IEEE "
        "802.1Qbb); with `xoff` that spreads: ports, cards among them, whose packets come to a "
        "full queue are paused, too, with all that they carry to others. Nothing is lost for it.",
    .changed = "Packets that it made later.",
    .family = "network",
    .takes = Takes::kTarget,
    .points = Points::kPorts,
    .body = MakeBody<PauseFrames>,
    .act = ActBy<PauseFramesActor, PauseFrames>};

}  // namespace lockstep::sim
