// `clock_freeze`: a clock stands still.

#include "sim/fault/engine/clock_actor.h"

namespace lockstep::sim {
namespace {

struct ClockFreeze final : FaultBody {
  core::Clock clock = core::Clock::kWall;

  void Describe(core::Keys& keys, const HostNames&) override { DescribeClock(keys, clock); }
};

class ClockFreezeActor final : public ClockActor {
 public:
  ClockFreezeActor(const FaultScene& scene, std::size_t index, const ClockFreeze& freeze)
      : ClockActor(scene, index, freeze.clock, /*is_for_good=*/true) {}
  void BeginOn(core::Instant now, core::NodeId host) override {
    moods().SetFrozen(now, host, clock(), index(), true);
  }
  void EndOn(core::Instant now, core::NodeId host) override {
    moods().SetFrozen(now, host, clock(), index(), false);
  }
};

}  // namespace

extern const FaultKind kClockFreezeFault = {
    .name = "clock_freeze",
    .meaning = "One of the host's clocks stands still, and goes on from there.",
    .changed =
        "Readings of that clock that its node asked for from then on, and timers on it that "
        "were set or moved.",
    .family = "clocks",
    .takes = Takes::kTarget,
    .body = MakeBody<ClockFreeze>,
    .act = ActBy<ClockFreezeActor, ClockFreeze>};

}  // namespace lockstep::sim
