// A host's own view of time: three clocks, each with an offset and a drift of its own.
//
// The monotonic and the synced clock never go back; the wall clock does where it is stepped back.
// local_clock.h says how a clock goes, what can be done to it, and how far off it can be.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "protocols/core/random.h"
#include "protocols/core/time.h"
#include "sim/host/local_clock.h"

namespace lockstep::sim {

// How far off the clocks of a host may be. Each host draws errors of its own.
struct ClockSpec {
  ClockBounds monotonic;
  ClockBounds synced;
  ClockBounds wall;
  // Every `sync_interval`, at instants of its own, the synced clock is corrected: its offset and
  // its drift are drawn anew. So |synced - global| <= offset_max + drift_ppb_max * sync_interval.
  // Zero: both are drawn once for the whole run.
  core::Duration sync_interval;
  // What the wall clocks of all hosts read at the start of the run, but for their errors.
  core::Duration wall_start;
};

class HostClock {
 public:
  HostClock(const ClockSpec& spec, const core::Random& random);

  // Readings and their inverse, no earlier than the last change.
  core::Instant Read(core::Clock clock, core::Instant global) const {
    return clocks_[static_cast<std::size_t>(clock)].Read(global);
  }
  core::Instant GlobalAt(core::Clock clock, core::Instant local) const {
    return clocks_[static_cast<std::size_t>(clock)].GlobalAt(local);
  }

  // Changes, as those of LocalClock; afterwards the host's OnClockChanged must be told.
  void Step(core::Instant global, core::Clock clock, core::Duration by) {
    At(clock).Step(global, by);
  }
  void SetDrift(core::Instant global, core::Clock clock, std::optional<std::int64_t> ppb) {
    At(clock).SetDrift(global, ppb);
  }
  void Slew(core::Instant global, core::Clock clock, core::Duration by, std::int64_t rate_ppb) {
    At(clock).Slew(global, by, rate_ppb);
  }
  void Freeze(core::Instant global, core::Clock clock) { At(clock).Freeze(global); }
  void Unfreeze(core::Instant global, core::Clock clock) { At(clock).Unfreeze(global); }

 private:
  LocalClock& At(core::Clock clock) { return clocks_[static_cast<std::size_t>(clock)]; }

  std::array<LocalClock, core::kClocks> clocks_;  // clocks_[Clock]
};

// The clocks of a host at one instant.
class ClocksAt final : public core::Clocks {
 public:
  // `clock` outlives it.
  ClocksAt(const HostClock& clock, core::Instant global) : clock_(clock), global_(global) {}
  core::Instant Read(core::Clock clock) const override { return clock_.Read(clock, global_); }

 private:
  const HostClock& clock_;
  core::Instant global_;
};

}  // namespace lockstep::sim
