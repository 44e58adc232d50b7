// `clock_periodic`: a clock goes fast for half a period, and slow for the other half.

#include <algorithm>

#include "sim/fault/engine/clock_actor.h"
#include "sim/host/local_clock.h"

namespace lockstep::sim {
namespace {

struct ClockPeriodic final : FaultBody {
  core::Clock clock = core::Clock::kWall;
  std::uint64_t ppb = 0;
  core::Duration period;

  void Describe(core::Keys& keys, const HostNames&) override {
    DescribeClock(keys, clock);
    keys.Integer(core::Required("ppb", "How fast, and then how slow, in billionths."), ppb,
                 {1, LocalClock::kDriftPpbMost});
    keys.Period(core::Required("period", "Of both halves together."), period);
  }
  // What half a period gains the other loses.
  std::vector<ClockMove> Moves(const Fault& fault, core::Instant end) const override {
    const absl::int128 lasts = (std::min(fault.until, end) - fault.at).ps();
    const absl::int128 half = std::min<absl::int128>(lasts, period.ps() / 2 + 1);
    const absl::int128 drift = half * ppb / 1'000'000'000;
    return {{fault.at, clock, drift, -drift, "ppb"}};
  }
};

class ClockPeriodicActor final : public ClockActor {
 public:
  ClockPeriodicActor(const FaultScene& scene, std::size_t index, const ClockPeriodic& periodic)
      : ClockActor(scene, index, periodic.clock, /*is_for_good=*/true), periodic_(periodic) {}
  void OnTick(core::Instant now) override {
    is_fast_ = !is_fast_;
    for (const core::NodeId host : targets()) Set(now, host);
    TickAfter(now, Half());
  }

 private:
  core::Duration Half() const {
    return core::Duration::Picoseconds(std::max<std::int64_t>(periodic_.period.ps() / 2, 1));
  }
  void BeginOn(core::Instant now, core::NodeId host) override {
    is_fast_ = true;
    Set(now, host);
    if (host == targets().back()) TickAfter(now, Half());
  }
  void EndOn(core::Instant now, core::NodeId host) override {
    moods().SetDrift(now, host, clock(), index(), std::nullopt);
  }
  void Set(core::Instant now, core::NodeId host) {
    const auto ppb = static_cast<std::int64_t>(periodic_.ppb);
    moods().SetDrift(now, host, clock(), index(), is_fast_ ? ppb : -ppb);
  }

  const ClockPeriodic& periodic_;
  bool is_fast_ = false;
};

}  // namespace

extern const FaultKind kClockPeriodicFault = {
    .name = "clock_periodic",
    .meaning = "One of the host's clocks goes fast for half a period, and slow for the other.",
    .changed =
        "Readings of that clock that its node asked for from then on, and timers on it that "
        "were set or moved.",
    .family = "clocks",
    .takes = Takes::kTarget,
    .body = MakeBody<ClockPeriodic>,
    .act = ActBy<ClockPeriodicActor, ClockPeriodic>};

}  // namespace lockstep::sim
