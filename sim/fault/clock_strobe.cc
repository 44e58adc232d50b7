// `clock_strobe`: a clock jumps forth and back.

#include "sim/fault/engine/clock_actor.h"

namespace lockstep::sim {
namespace {

struct ClockStrobe final : MovedClock {
  core::Duration period;

  void Describe(core::Keys& keys, const HostNames& names) override {
    MovedClock::Describe(keys, names);
    keys.Period(core::Required("period", "Between two jumps."), period);
  }
  // Forth and back again: never further than once.
  std::vector<ClockMove> Moves(const Fault& fault, core::Instant) const override {
    const absl::int128 far = by.ps();
    return {{fault.at, clock, far > 0 ? far : 0, far < 0 ? far : 0, "by"}};
  }
};

class ClockStrobeActor final : public ClockActor {
 public:
  ClockStrobeActor(const FaultScene& scene, std::size_t index, const ClockStrobe& strobe)
      : ClockActor(scene, index, strobe.clock, strobe.clock != core::Clock::kWall),
        strobe_(strobe) {}
  void OnTick(core::Instant now) override {
    is_off_ = !is_off_;
    for (const core::NodeId host : targets()) Jump(now, host);
    TickAfter(now, strobe_.period);
  }

 private:
  void BeginOn(core::Instant now, core::NodeId host) override {
    is_off_ = true;
    Jump(now, host);
    if (host == targets().back()) TickAfter(now, strobe_.period);
  }
  void EndOn(core::Instant now, core::NodeId host) override {
    if (!is_off_) return;
    moods().Step(now, host, clock(), core::Duration() - strobe_.by);
    if (host == targets().back()) is_off_ = false;
  }
  void Jump(core::Instant now, core::NodeId host) {
    moods().Step(now, host, clock(), is_off_ ? strobe_.by : core::Duration() - strobe_.by);
  }

  const ClockStrobe& strobe_;
  bool is_off_ = false;
};

}  // namespace

extern const FaultKind kClockStrobeFault = {
    .name = "clock_strobe",
    .meaning = "One of the host's clocks jumps by so much, and back, again and again.",
    .changed =
        "Readings of that clock that its node asked for meanwhile (and afterwards, of one "
        "that never goes back), and timers on it that were set or moved.",
    .family = "clocks",
    .takes = Takes::kTarget,
    .body = MakeBody<ClockStrobe>,
    .act = ActBy<ClockStrobeActor, ClockStrobe>};

}  // namespace lockstep::sim
