// `clock_slew`: a clock is moved slowly.

#include <algorithm>

#include "absl/container/btree_map.h"

#include "sim/fault/engine/clock_actor.h"
#include "sim/fault/engine/plan.h"
#include "sim/host/local_clock.h"

namespace lockstep::sim {
namespace {

struct ClockSlew final : MovedClock {
  std::uint64_t rate_ppb = 0;

  void Describe(core::Keys& keys, const HostNames& names) override {
    MovedClock::Describe(keys, names);
    keys.Integer(core::Required("rate_ppb", "How fast, in billionths."), rate_ppb,
                 {1, LocalClock::kSlewPpbMost});
  }
  // It may come as far as that, at any time.
  std::vector<ClockMove> Moves(const Fault& fault, core::Instant) const override {
    const absl::int128 far = by.ps();
    return {
        {fault.at, clock, std::max(far, absl::int128(0)), std::min(far, absl::int128(0)), "by"}};
  }
};

class ClockSlewActor final : public ClockActor {
 public:
  ClockSlewActor(const FaultScene& scene, std::size_t index, const ClockSlew& slew)
      : ClockActor(scene, index, slew.clock, /*is_for_good=*/true), slew_(slew) {}
  void BeginOn(core::Instant now, core::NodeId host) override {
    moods().Slew(now, host, clock(), slew_.by, Rate());
  }
  // What it has moved stays; what is left is not done. A later slew has replaced it.
  void EndOn(core::Instant now, core::NodeId host) override {
    if (!IsReplaced(host)) moods().Slew(now, host, clock(), core::Duration(), Rate());
  }

 private:
  std::int64_t Rate() const { return static_cast<std::int64_t>(slew_.rate_ppb); }
  bool IsReplaced(core::NodeId host) const {
    const std::vector<Fault>& faults = scene().plan.faults();
    for (std::size_t i = 0; i < faults.size(); ++i) {
      const Fault& other = faults[i];
      if (i == index() || other.kind != fault().kind || !scene().plan.is_active(i)) continue;
      const auto& slew = static_cast<const ClockSlew&>(*other.body);
      if (slew.clock == slew_.clock &&
          std::ranges::find(other.targets, host) != other.targets.end())
        return true;
    }
    return false;
  }

  const ClockSlew& slew_;
};

}  // namespace

extern const FaultKind kClockSlewFault = {
    .name = "clock_slew",
    .meaning =
        "One of the host's clocks is moved slowly, by going faster or slower. What it has "
        "moved stays; what is left when it ends is not done.",
    .changed =
        "Readings of that clock that its node asked for from then on, and timers on it that "
        "were set or moved.",
    .family = "clocks",
    .takes = Takes::kTarget,
    .body = MakeBody<ClockSlew>,
    .act = ActBy<ClockSlewActor, ClockSlew>};

}  // namespace lockstep::sim
