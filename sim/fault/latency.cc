// `latency`: packets take longer, and keep their order.

#include <algorithm>
#include <utility>

#include "absl/container/btree_map.h"

#include "sim/chance/distribution.h"
#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

struct Latency final : FaultBody {
  core::Duration min;
  core::Duration max;
  core::Duration mean;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Time({"min", "At least so long."}, min);
    keys.Time({"max", "At most so long, drawn evenly.", false, "min"}, max);
    keys.Time({"mean", "On top of that, an exponential time of this mean."}, mean,
              Distribution::kMost);
    if (keys.ok() && keys.IsSaid("max") && max < min) keys.FailWanted("max", "no less than min");
    if (max < min) max = min;
    if (keys.ok() && max.ps() == 0 && mean.ps() == 0)
      keys.FailWanted("min", "a time above zero, or \"max\" or \"mean\" beside it");
  }
  Distribution Drawn() const {
    return Distribution::Uniform(min, max).Plus(Distribution::Exponential(mean));
  }
  LongestKept Kept() const override { return {Drawn().max().ps(), mean.ps() > 0 ? "mean" : "max"}; }
};

class LatencyActor final : public FaultActor {
 public:
  LatencyActor(const FaultScene& scene, std::size_t index, const Latency& latency)
      : FaultActor(scene, index), drawn_(latency.Drawn()) {}
  PacketFate OnPacket(core::Instant now, const Packet& packet, core::ByteCount) override {
    core::Instant& last = last_[{packet.from, packet.to}];
    last = std::max(last, now + drawn_.Sample(random()));
    if (last > now) Change(now);
    return {false, last - now};
  }

 private:
  Distribution drawn_;
  // When the packet before goes on, by sender and receiver.
  absl::btree_map<std::pair<core::NodeId, core::NodeId>, core::Instant> last_;
};

}  // namespace

extern const FaultKind kLatencyFault = {
    .name = "latency",
    .meaning =
        "Packets of `link` wait before they come to their sender's card, each for a time of "
        "its own, and keep their order.",
    .changed = "Packets that came later.",
    .family = "network",
    .takes = Takes::kLink,
    .points = Points::kPackets,
    .body = MakeBody<Latency>,
    .act = ActBy<LatencyActor, Latency>};

}  // namespace lockstep::sim
