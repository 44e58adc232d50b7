// `slow`: the way of packets takes several times as long.

#include "sim/fault/engine/actor.h"
#include "sim/net/network.h"

namespace lockstep::sim {
namespace {

constexpr std::uint64_t kPartMost = 1'000'000;

struct Slow final : FaultBody {
  Ratio factor{1, 1};

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Factor(core::Required("factor", "So many times as long: 3, or [3, 2]."), factor.numerator,
                factor.denominator, kPartMost);
  }
};

class SlowActor final : public FaultActor {
 public:
  SlowActor(const FaultScene& scene, std::size_t index, const Slow& slow)
      : FaultActor(scene, index), factor_(slow.factor) {}
  PacketFate OnPacket(core::Instant now, const Packet& packet, core::ByteCount) override {
    const absl::int128 way = scene().network.LeastDelay(packet.from, packet.to).ps();
    const absl::int128 more = way * (factor_.numerator - factor_.denominator) / factor_.denominator;
    const absl::int128 room = (core::Instant::Max() - now).ps();
    const core::Duration later =
        core::Duration::Picoseconds(static_cast<std::int64_t>(more < room ? more : room));
    if (later.ps() > 0) Change(now);
    return {false, later};
  }

 private:
  Ratio factor_;
};

}  // namespace

extern const FaultKind kSlowFault = {
    .name = "slow",
    .meaning = "What a packet of `link` takes where nothing is in its way is multiplied.",
    .changed = "Packets that came later.",
    .family = "network",
    .takes = Takes::kLink,
    .points = Points::kPackets,
    .body = MakeBody<Slow>,
    .act = ActBy<SlowActor, Slow>};

}  // namespace lockstep::sim
