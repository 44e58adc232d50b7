// `half_open`: receivers forget connections, and senders don't know.

#include <algorithm>

#include "sim/fault/engine/open_streams.h"
#include "sim/net/network.h"

namespace lockstep::sim {
namespace {

struct HalfOpen final : FaultBody {
  bool is_both_ways = false;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Bool({"both", "The connections back as well."}, is_both_ways);
  }
};

class HalfOpenActor final : public FaultActor {
 public:
  HalfOpenActor(const FaultScene& scene, std::size_t index, const HalfOpen& half_open)
      : FaultActor(scene, index), is_both_ways_(half_open.is_both_ways) {}
  void Begin(core::Instant) override {
    forgotten_ = OpenStreams(scene(), fault(), is_both_ways_);
    Touch(forgotten_.size());
    for (const auto& [from, to] : forgotten_) scene().network.SetHalfOpen(from, to, true);
  }
  void End(core::Instant) override {
    for (const auto& [from, to] : forgotten_) {
      // Its sender may have given up meanwhile, and opened another one.
      if (scene().network.IsHalfOpen(from, to))
        scene().network.ResetStream(from, to, trace::DropCause::kReset);
    }
    forgotten_.clear();
  }
  // A packet has come to the end that has forgotten.
  void OnLost(core::Instant now, const Loss& loss) override {
    if (!loss.is_packet || loss.cause != trace::DropCause::kReset) return;
    const HostPair pair(loss.from, loss.to);
    if (std::find(forgotten_.begin(), forgotten_.end(), pair) != forgotten_.end()) Change(now);
  }

 private:
  bool is_both_ways_;
  std::vector<HostPair> forgotten_;  // made half-open by it
};

}  // namespace

extern const FaultKind kHalfOpenFault = {
    .name = "half_open",
    .meaning =
        "The receiving ends of connections of `link` forget them; their senders find out by "
        "their timeouts, or when it ends.",
    .changed = "Packets that came to the end that had forgotten the connection.",
    .family = "connections",
    .takes = Takes::kLink,
    .points = Points::kLost,
    .body = MakeBody<HalfOpen>,
    .act = ActBy<HalfOpenActor, HalfOpen>};

}  // namespace lockstep::sim
