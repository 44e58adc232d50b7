// `delay_send`: a host sends late: just before its peers would give up on it, if that is what `by`
// says.

#include <algorithm>
#include <utility>

#include "absl/container/btree_map.h"

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

struct DelaySend final : FaultBody {
  core::Duration by;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Period(core::Required("by", "So late."), by);
  }
  LongestKept Kept() const override { return {by.ps(), "by"}; }
};

class DelaySendActor final : public FaultActor {
 public:
  DelaySendActor(const FaultScene& scene, std::size_t index, const DelaySend& delay)
      : FaultActor(scene, index), by_(delay.by) {}
  bool SelectsMessage(core::NodeId from, core::NodeId) const override { return Targets(from); }
  // What it sends to a peer keeps its order, as a stream does.
  void OnMessage(core::Instant now, const Message& message, MessageFate& fate) override {
    core::Instant& last = last_[{message.from, message.to}];
    last = std::max(last, now + by_);
    fate.later = std::max(fate.later, last - now);
    Change(now);
  }

 private:
  core::Duration by_;
  // When the message before was sent, by sender and receiver.
  absl::btree_map<std::pair<core::NodeId, core::NodeId>, core::Instant> last_;
};

}  // namespace

extern const FaultKind kDelaySendFault = {
    .name = "delay_send",
    .meaning =
        "The host sends what `link` and `msg` select so much later, in its order: an attack "
        "on performance, if that is just below a timeout.",
    .changed = "Messages that were sent later.",
    .family = "byzantine",
    .takes = Takes::kTarget | Takes::kLink | Takes::kMessage,
    .points = Points::kMessages,
    .spends = Spends::kU,
    .body = MakeBody<DelaySend>,
    .act = ActBy<DelaySendActor, DelaySend>};

}  // namespace lockstep::sim
