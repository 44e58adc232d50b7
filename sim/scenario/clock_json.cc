// Reads what clock_json.h describes.

#include "sim/scenario/clock_json.h"

#include <cstdint>
#include <string_view>

#include "absl/strings/str_cat.h"

#include "sim/scenario/sourced.h"

namespace lockstep::sim {
namespace {

using core::Duration;

constexpr std::uint64_t kDriftPpbMax = 100'000'000;  // A tenth: worse is no clock.
constexpr Duration kOffsetMax = Duration::Seconds(86'400);
constexpr Duration kIntervalMin = Duration::Microseconds(1);
// A clock looks back over the corrections that it may still wait for: not too many.
constexpr std::int64_t kOffsetInIntervals = 16;

ClockBounds ReadBounds(Parameters& clocks, std::string_view offset_key,
                       std::string_view drift_key) {
  Parameters offset = Sourced(clocks, offset_key);
  ClockBounds bounds;
  bounds.offset_max = offset.Time("value");
  if (bounds.offset_max > kOffsetMax) offset.FailWanted("value", "a time of at most a day");
  bounds.drift_ppb_max =
      static_cast<std::int64_t>(Sourced(clocks, drift_key).Integer("value", 0, kDriftPpbMax));
  return bounds;
}

}  // namespace

void ReadClocks(Parameters clocks, ClockSpec& spec) {
  spec.monotonic = ReadBounds(clocks, "offset_max", "drift_ppb_max");
  spec.wall = spec.monotonic;
  spec.synced = ReadBounds(clocks, "synced_offset_max", "synced_drift_ppb_max");
  if (!clocks.Has("sync_interval")) return;
  Parameters interval = Sourced(clocks, "sync_interval");
  spec.sync_interval = interval.Time("value");
  if (!clocks.ok() || spec.sync_interval.ps() == 0) return;
  if (spec.sync_interval < kIntervalMin ||
      spec.sync_interval * kOffsetInIntervals < spec.synced.offset_max)
    interval.FailWanted("value", absl::StrCat("zero (never), or a time of at least 1us and a ",
                                              kOffsetInIntervals, "th of \"synced_offset_max\""));
}

}  // namespace lockstep::sim
