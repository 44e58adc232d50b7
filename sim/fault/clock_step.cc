// `clock_step`: a clock is moved, at an instant.

#include "sim/fault/engine/clock_actor.h"

namespace lockstep::sim {
namespace {

struct ClockStep final : MovedClock {
  std::vector<ClockMove> Moves(const Fault& fault, core::Instant) const override {
    return {{fault.at, clock, by.ps(), by.ps(), "by"}};
  }
};

class ClockStepActor final : public ClockActor {
 public:
  ClockStepActor(const FaultScene& scene, std::size_t index, const ClockStep& step)
      : ClockActor(scene, index, step.clock, /*is_for_good=*/true), by_(step.by) {}
  void BeginOn(core::Instant now, core::NodeId host) override {
    moods().Step(now, host, clock(), by_);
  }

 private:
  core::Duration by_;
};

}  // namespace

extern const FaultKind kClockStepFault = {
    .name = "clock_step",
    .meaning = "One of the host's clocks is moved, at once and for good.",
    .changed =
        "Readings of that clock that its node asked for from then on, and timers on it that "
        "were set or moved.",
    .family = "clocks",
    .takes = Takes::kTarget,
    .lasting = Lasting::kMoment,
    .body = MakeBody<ClockStep>,
    .act = ActBy<ClockStepActor, ClockStep>};

}  // namespace lockstep::sim
