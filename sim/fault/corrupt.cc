// `corrupt`: bits flip on the way.
//
// A checksum that catches it loses the packet: a stream sends it again, a datagram is gone. One
// that misses it hands the node a damaged message.

#include "sim/fault/engine/actor.h"
#include "sim/fault/engine/damage.h"

namespace lockstep::sim {
namespace {

constexpr std::uint64_t kBitsMost = 1'024;

struct Corrupt final : FaultBody {
  bool is_missed = false;
  std::uint64_t bits = 1;

  void Describe(core::Keys& keys, const HostNames&) override {
    static constexpr core::Option kChecksums[] = {
        {"caught", "the packet is lost as it comes to its sender's card."},
        {"missed", "the message comes, damaged."}};
    std::size_t checksum = is_missed ? 1 : 0;
    keys.Choice({"checksum", "What the receiving card makes of it."}, checksum, kChecksums);
    is_missed = checksum == 1;
    keys.Only(is_missed, {"checksum", "missed"}, [&](core::Keys& missed) {
      missed.Integer({"bits",
                      "That flip, anywhere in the message's bytes but its contents, which "
                      "the simulator does not hold."},
                     bits, {1, kBitsMost});
    });
  }
  std::uint32_t points(std::uint32_t) const override {
    return is_missed ? Points::kMessages : Points::kPackets;
  }
};

class CorruptActor final : public FaultActor {
 public:
  CorruptActor(const FaultScene& scene, std::size_t index, const Corrupt& corrupt)
      : FaultActor(scene, index), bits_(corrupt.bits) {}
  PacketFate OnPacket(core::Instant now, const Packet&, core::ByteCount) override {
    Change(now);
    return {true, {}};
  }
  void OnMessage(core::Instant now, const Message& message, MessageFate& fate) override {
    const core::Bytes& as_it_is = fate.payload ? *fate.payload : message.payload;
    std::optional<core::Bytes> damaged = WithFlippedBits(as_it_is, bits_, random());
    if (!damaged) return;
    fate.payload = *std::move(damaged);
    Change(now);
  }

 private:
  std::uint64_t bits_;
};

}  // namespace

extern const FaultKind kCorruptFault = {
    .name = "corrupt",
    .meaning = "Bits of packets, or messages, of `link` flip on the way.",
    .changed = "Packets that were lost, or messages that were damaged.",
    .family = "network",
    .takes = Takes::kLink,
    .points = Points::kPackets | Points::kMessages,
    .body = MakeBody<Corrupt>,
    .act = ActBy<CorruptActor, Corrupt>};

}  // namespace lockstep::sim
