// Rates and token buckets: see line_rate.h.

#include "sim/net/line_rate.h"

#include <algorithm>

#include "absl/numeric/int128.h"

namespace lockstep::sim {

core::Duration SerializationTime(core::ByteCount size, std::int64_t rate_bps) {
  const absl::int128 bit_ps = absl::int128(8) * size.value() * 1'000'000'000'000;
  const absl::int128 time_ps = (bit_ps + rate_bps - 1) / rate_bps;
  const absl::int128 most_ps = (kNever - core::Instant()).ps();
  return core::Duration::Picoseconds(static_cast<std::int64_t>(std::min(time_ps, most_ps)));
}

Shaper::Shaper(const TokenBucket& bucket) : rate_(bucket.rate_bps), burst_(bucket.burst) {}

core::Instant Shaper::Earliest(core::Instant now, core::ByteCount size) const {
  const core::ByteCount spare = std::max(core::ByteCount(0), burst_ - size);
  return std::max(now, full_at_ - SerializationTime(spare, rate_.rate_bps()));
}

void Shaper::Take(core::Instant at, core::ByteCount size) {
  full_at_ = Later(std::max(full_at_, at), rate_.TimeFor(size));
}

}  // namespace lockstep::sim
