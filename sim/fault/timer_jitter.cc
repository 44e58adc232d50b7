// `timer_jitter`: timers fire late.

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

struct TimerJitter final : FaultBody {
  core::Duration bound;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Period(core::Required("bound", "By at most so much; drawn evenly from 0."), bound);
  }
};

class TimerJitterActor final : public FaultActor {
 public:
  TimerJitterActor(const FaultScene& scene, std::size_t index, const TimerJitter& jitter)
      : FaultActor(scene, index), bound_(jitter.bound) {}
  core::Duration BeforeTimer(core::Instant now, core::NodeId host, core::TimerId) override {
    if (!Targets(host)) return {};
    Touch();
    const core::Duration later = DrawBetween({}, bound_, random());
    if (later.ps() > 0) Change(now);
    return later;
  }

 private:
  core::Duration bound_;
};

}  // namespace

extern const FaultKind kTimerJitterFault = {
    .name = "timer_jitter",
    .meaning = "The host's timers fire late, each by a time of its own.",
    .changed = "Timers that fired later.",
    .family = "timers",
    .takes = Takes::kTarget,
    .points = Points::kTimers,
    .body = MakeBody<TimerJitter>,
    .act = ActBy<TimerJitterActor, TimerJitter>};

}  // namespace lockstep::sim
