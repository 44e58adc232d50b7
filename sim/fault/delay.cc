// `delay`: messages are kept, each for a time of its own.

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

struct Delay final : FaultBody {
  core::Duration min;
  core::Duration max;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Time({"min", "At least so long."}, min);
    keys.Period(core::Required("max", "At most so long; drawn evenly."), max);
    if (keys.ok() && max < min) keys.FailWanted("max", "a time above zero, and no less than min");
  }
  LongestKept Kept() const override { return {max.ps(), "max"}; }
};

class DelayActor final : public FaultActor {
 public:
  DelayActor(const FaultScene& scene, std::size_t index, const Delay& delay)
      : FaultActor(scene, index), delay_(delay) {}
  void OnMessage(core::Instant now, const Message&, MessageFate& fate) override {
    const core::Duration later = DrawBetween(delay_.min, delay_.max, random());
    fate.later += later;
    if (later.ps() > 0) Change(now);
  }

 private:
  const Delay& delay_;
};

}  // namespace

extern const FaultKind kDelayFault = {
    .name = "delay",
    .meaning =
        "Messages of `link` and `msg` are kept, each for a time of its own, before they come "
        "to their sender's card; those that are sent later may pass them. Links of datagrams "
        "only. What is kept when it ends still comes late.",
    .changed = "Messages that came later.",
    .family = "messages",
    .takes = Takes::kLink | Takes::kMessage,
    .points = Points::kMessages,
    .wants_datagrams = true,
    .body = MakeBody<Delay>,
    .act = ActBy<DelayActor, Delay>};

}  // namespace lockstep::sim
