// The clocks of a host: see clock.h.

#include "sim/host/clock.h"

namespace lockstep::sim {

HostClock::HostClock(const ClockSpec& spec, const core::Random& random)
    : clocks_{
          LocalClock(spec.monotonic, {}, /*is_steady=*/true, random.Fork("monotonic")),
          LocalClock(spec.synced, spec.sync_interval, /*is_steady=*/true, random.Fork("synced")),
          LocalClock(spec.wall, {}, /*is_steady=*/false, random.Fork("wall"))} {
  if (spec.wall_start.ps() != 0) Step(core::Instant(), core::Clock::kWall, spec.wall_start);
}

}  // namespace lockstep::sim
