// `timer_early`: timers fire before they should.

#include <algorithm>

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

struct TimerEarly final : FaultBody {
  core::Duration bound;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Period(core::Required("bound",
                               "By at most so much, and at most by half of their time; "
                               "drawn evenly from 0."),
                bound);
  }
};

class TimerEarlyActor final : public FaultActor {
 public:
  TimerEarlyActor(const FaultScene& scene, std::size_t index, const TimerEarly& early)
      : FaultActor(scene, index), bound_(early.bound) {}
  core::Duration OnSetTimer(core::Instant now, core::NodeId host, core::Duration wait) override {
    if (!Targets(host)) return {};
    Touch();
    // One that is set again and again would else bring time to a stand.
    const core::Duration half = core::Duration::Picoseconds(wait.ps() / 2);
    if (half.ps() <= 0) return {};
    const core::Duration earlier = DrawBetween({}, std::min(bound_, half), random());
    if (earlier.ps() > 0) Change(now);
    return earlier;
  }

 private:
  core::Duration bound_;
};

}  // namespace

extern const FaultKind kTimerEarlyFault = {
    .name = "timer_early",
    .meaning = "The host's timers fire before they should, each by a time of its own.",
    .changed = "Timers that were due earlier.",
    .family = "timers",
    .takes = Takes::kTarget,
    .points = Points::kSettings,
    .body = MakeBody<TimerEarly>,
    .act = ActBy<TimerEarlyActor, TimerEarly>};

}  // namespace lockstep::sim
