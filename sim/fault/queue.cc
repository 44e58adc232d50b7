// `queue`: a card, or the port towards it, has less room, and throws away what has none.

#include <algorithm>

#include "sim/fault/engine/card_side.h"
#include "sim/net/network.h"

namespace lockstep::sim {
namespace {

enum class DropPolicy : std::uint8_t { kTail, kHead, kRandom };

struct Queue final : FaultBody {
  core::ByteCount bytes;
  std::uint64_t packets = 0;
  DropPolicy policy = DropPolicy::kTail;
  CardSide side = CardSide::kBoth;

  void Describe(core::Keys& keys, const HostNames&) override {
    static constexpr core::Option kPolicies[] = {
        {"tail", "the one that comes."},
        {"head", "the one that has waited longest, and has no bit on the wire."},
        {"random", "one that is drawn of those that wait and the one that comes."}};
    keys.Size({"bytes", "So many may wait or be in service.", false, "any number"}, bytes);
    keys.Integer({"packets", "So many may wait or be in service.", false, "any number"}, packets,
                 {1, 1'000'000});
    keys.Choice({"policy", "Which packet is lost where there is no room."}, policy, kPolicies);
    DescribeSide(keys, side);
    if (keys.ok() && bytes.value() == 0 && packets == 0)
      keys.FailWanted("bytes", "bytes above zero, or \"packets\" beside it");
  }
};

class QueueActor final : public FaultActor {
 public:
  QueueActor(const FaultScene& scene, std::size_t index, const Queue& queue)
      : FaultActor(scene, index), queue_(queue), edges_(CardEdges(scene, targets(), queue.side)) {}

  bool OnPort(core::Instant now, std::uint32_t edge, const Packet& packet,
              core::ByteCount) override {
    if (std::find(edges_.begin(), edges_.end(), edge) == edges_.end()) return true;
    Touch();
    Port& port = wires().port(edge);
    // What its own queue has no room for is lost anyhow.
    if (!port.HasRoomFor(now, packet.size)) return true;
    while (IsFull(now, port, packet.size)) {
      const std::size_t waiting = port.Unbegun(now);
      Change(now);
      const std::size_t which = Which(waiting);
      if (which == waiting) return false;
      wires().Evict(now, edge, which);
    }
    return true;
  }

 private:
  Wires& wires() { return scene().network.wires(); }
  bool IsFull(core::Instant now, Port& port, core::ByteCount size) const {
    const core::ByteCount waiting = port.Waiting(now);
    const bool lacks_bytes = queue_.bytes.value() > 0 && waiting + size > queue_.bytes;
    return lacks_bytes || (queue_.packets > 0 && port.queued() + 1 > queue_.packets);
  }
  // Of so many that wait, which is lost; the number itself: the one that comes.
  std::size_t Which(std::size_t waiting) {
    switch (queue_.policy) {
      case DropPolicy::kTail:
        return waiting;
      case DropPolicy::kHead:
        return 0;
      case DropPolicy::kRandom:
        return random().Below(waiting + 1);
    }
    return waiting;
  }

  const Queue& queue_;
  std::vector<std::uint32_t> edges_;
};

}  // namespace

extern const FaultKind kQueueFault = {
    .name = "queue",
    .meaning =
        "The queue of the host's card, and of the port towards it, is shorter than it was, and "
        "loses packets from its tail, its head, or anywhere.",
    .changed = "Packets that were lost.",
    .family = "network",
    .takes = Takes::kTarget,
    .points = Points::kPorts,
    .body = MakeBody<Queue>,
    .act = ActBy<QueueActor, Queue>};

}  // namespace lockstep::sim
