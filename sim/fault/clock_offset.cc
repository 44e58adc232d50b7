// `clock_offset`: a clock is off by so much, for a while.

#include "sim/fault/engine/clock_actor.h"

namespace lockstep::sim {
namespace {

struct ClockOffset final : MovedClock {
  std::vector<ClockMove> Moves(const Fault& fault, core::Instant) const override {
    return {{fault.at, clock, by.ps(), by.ps(), "by"},
            {fault.until, clock, -absl::int128(by.ps()), -absl::int128(by.ps()), "by"}};
  }
};

class ClockOffsetActor final : public ClockActor {
 public:
  // One that never goes back stands still when it is to be right again, and is off until then.
  ClockOffsetActor(const FaultScene& scene, std::size_t index, const ClockOffset& offset)
      : ClockActor(scene, index, offset.clock, offset.clock != core::Clock::kWall),
        by_(offset.by) {}
  void BeginOn(core::Instant now, core::NodeId host) override {
    moods().Step(now, host, clock(), by_);
  }
  void EndOn(core::Instant now, core::NodeId host) override {
    moods().Step(now, host, clock(), core::Duration() - by_);
  }

 private:
  core::Duration by_;
};

}  // namespace

extern const FaultKind kClockOffsetFault = {
    .name = "clock_offset",
    .meaning = "One of the host's clocks is off by so much, for a while.",
    .changed =
        "Readings of that clock that its node asked for meanwhile (and afterwards, of one "
        "that never goes back), and timers on it that were set or moved.",
    .family = "clocks",
    .takes = Takes::kTarget,
    .body = MakeBody<ClockOffset>,
    .act = ActBy<ClockOffsetActor, ClockOffset>};

}  // namespace lockstep::sim
