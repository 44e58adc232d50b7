// A host's own view of time: three clocks, each with an offset and a drift.

#pragma once

#include <array>
#include <cstdint>

#include "protocols/core/random.h"
#include "protocols/core/time.h"
#include "sim/profile.h"

namespace lockstep::sim {

class HostClock {
 public:
  // Draws offsets and drifts within the profile's bounds.
  HostClock(const Profile& profile, core::Random random);

  core::Now Read(core::Instant global) const;
  // The first global instant at which `clock` reads at least `local`.
  core::Instant GlobalAt(core::Clock clock, core::Instant local) const;

 private:
  // reading = global + offset + floor(global * drift_ppb / 1e9)
  struct Rate {
    core::Duration offset;
    std::int64_t drift_ppb = 0;
  };
  static core::Instant Reading(const Rate& rate, core::Instant global);

  std::array<Rate, core::kClocks> rates_;  // rates_[Clock]
};

}  // namespace lockstep::sim
