// `timer_coalesce`: timers fire together, at multiples of a grain, as a system that saves power has
// them.

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

struct TimerCoalesce final : FaultBody {
  core::Duration grain;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Period(core::Required("grain", "Timers fire at multiples of it, since the start."), grain);
  }
};

class TimerCoalesceActor final : public FaultActor {
 public:
  TimerCoalesceActor(const FaultScene& scene, std::size_t index, const TimerCoalesce& coalesce)
      : FaultActor(scene, index), grain_(coalesce.grain) {}
  core::Duration BeforeTimer(core::Instant now, core::NodeId host, core::TimerId) override {
    if (!Targets(host)) return {};
    Touch();
    const std::int64_t beyond = (now - core::Instant()).ps() % grain_.ps();
    if (beyond == 0) return {};
    Change(now);
    return grain_ - core::Duration::Picoseconds(beyond);
  }

 private:
  core::Duration grain_;
};

}  // namespace

extern const FaultKind kTimerCoalesceFault = {
    .name = "timer_coalesce",
    .meaning = "The host's timers fire at multiples of a grain, together.",
    .changed = "Timers that fired later.",
    .family = "timers",
    .takes = Takes::kTarget,
    .points = Points::kTimers,
    .body = MakeBody<TimerCoalesce>,
    .act = ActBy<TimerCoalesceActor, TimerCoalesce>};

}  // namespace lockstep::sim
