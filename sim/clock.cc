// Clocks with offset and drift: see clock.h.

#include "sim/clock.h"

#include <algorithm>

namespace lockstep::sim {
namespace {

constexpr std::int64_t kBillion = 1'000'000'000;

// floor(time * ppb / 1e9), without a product that could overflow.
std::int64_t DriftOver(std::int64_t time_ps, std::int64_t ppb) {
  const std::int64_t product = time_ps % kBillion * ppb;
  const std::int64_t floor = product / kBillion - (product % kBillion < 0 ? 1 : 0);
  return time_ps / kBillion * ppb + floor;
}

// Uniform in [-most, most].
std::int64_t Symmetric(core::Random& random, std::int64_t most) {
  if (most == 0) return 0;
  const std::uint64_t width = 2 * static_cast<std::uint64_t>(most) + 1;
  return static_cast<std::int64_t>(random.Below(width)) - most;
}

}  // namespace

HostClock::HostClock(const Profile& profile, core::Random random) {
  const auto draw = [&](const char* name, core::Duration offset_max, std::int64_t drift_max) {
    core::Random stream = random.Fork(name);
    Rate rate;
    rate.offset = core::Duration::Picoseconds(Symmetric(stream, offset_max.ps()));
    rate.drift_ppb = Symmetric(stream, drift_max);
    return rate;
  };
  rates_[0] = draw("monotonic", profile.clock_offset_max, profile.clock_drift_ppb_max);
  rates_[1] = draw("synced", profile.synced_offset_max, profile.synced_drift_ppb_max);
  rates_[2] = draw("wall", profile.clock_offset_max, profile.clock_drift_ppb_max);
}

core::Instant HostClock::Reading(const Rate& rate, core::Instant global) {
  const std::int64_t drift = rate.drift_ppb == 0 ? 0 : DriftOver(global.ps(), rate.drift_ppb);
  return global + rate.offset + core::Duration::Picoseconds(drift);
}

core::Now HostClock::Read(core::Instant global) const {
  return core::Now{Reading(rates_[0], global), Reading(rates_[1], global),
                   Reading(rates_[2], global)};
}

core::Instant HostClock::GlobalAt(core::Clock clock, core::Instant local) const {
  const Rate& rate = rates_[static_cast<std::size_t>(clock)];
  // Undo the drift approximately, then step to the exact instant: the error of undoing it once is
  // the drift of the drift, and the step is the error of the reading.
  core::Instant global = local - rate.offset;
  for (int i = 0; i < 4; ++i) global = global + (local - Reading(rate, global));
  while (Reading(rate, global) < local) global = global + core::Duration::Picoseconds(1);
  const auto before = [](core::Instant at) { return at - core::Duration::Picoseconds(1); };
  while (Reading(rate, before(global)) >= local) global = before(global);
  return std::max(global, core::Instant());
}

}  // namespace lockstep::sim
