// `clock_drift`: a clock goes fast or slow.

#include <algorithm>

#include "sim/fault/engine/clock_actor.h"
#include "sim/host/local_clock.h"

namespace lockstep::sim {
namespace {

struct ClockDrift final : FaultBody {
  core::Clock clock = core::Clock::kWall;
  std::int64_t ppb = 0;

  void Describe(core::Keys& keys, const HostNames&) override {
    DescribeClock(keys, clock);
    std::uint64_t rate = 0;
    keys.Integer(core::Required("ppb", "How fast, in billionths."), rate,
                 {1, LocalClock::kDriftPpbMost});
    bool is_slow = false;
    keys.Bool({"slow", "It goes slow, and not fast."}, is_slow);
    ppb = static_cast<std::int64_t>(rate);
    if (is_slow) ppb = -ppb;
  }
  std::vector<ClockMove> Moves(const Fault& fault, core::Instant end) const override {
    const absl::int128 lasts = (std::min(fault.until, end) - fault.at).ps();
    const absl::int128 drift = lasts * ppb / 1'000'000'000;
    return {{fault.at, clock, std::max(drift, absl::int128(0)), std::min(drift, absl::int128(0)),
             "ppb"}};
  }
};

class ClockDriftActor final : public ClockActor {
 public:
  ClockDriftActor(const FaultScene& scene, std::size_t index, const ClockDrift& drift)
      : ClockActor(scene, index, drift.clock, /*is_for_good=*/true), ppb_(drift.ppb) {}
  void BeginOn(core::Instant now, core::NodeId host) override {
    moods().SetDrift(now, host, clock(), index(), ppb_);
  }
  void EndOn(core::Instant now, core::NodeId host) override {
    moods().SetDrift(now, host, clock(), index(), std::nullopt);
  }

 private:
  std::int64_t ppb_;
};

}  // namespace

extern const FaultKind kClockDriftFault = {
    .name = "clock_drift",
    .meaning = "One of the host's clocks goes fast or slow. What it has gained or lost stays.",
    .changed =
        "Readings of that clock that its node asked for from then on, and timers on it that "
        "were set or moved.",
    .family = "clocks",
    .takes = Takes::kTarget,
    .body = MakeBody<ClockDrift>,
    .act = ActBy<ClockDriftActor, ClockDrift>};

}  // namespace lockstep::sim
