// `timer_early`: timers fire before they should.

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

struct TimerEarly final : FaultBody {
  core::Duration bound;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Period(core::Required("bound",
                               "By at most so much; drawn evenly from 0. Not before they "
                               "were set."),
                bound);
  }
};

class TimerEarlyActor final : public FaultActor {
 public:
  TimerEarlyActor(const FaultScene& scene, std::size_t index, const TimerEarly& early)
      : FaultActor(scene, index), bound_(early.bound) {}
  core::Duration OnSetTimer(core::Instant now, core::NodeId host) override {
    if (!Targets(host)) return {};
    Touch();
    const core::Duration earlier = DrawBetween({}, bound_, random());
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
