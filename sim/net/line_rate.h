// How long bytes take at a rate, and when a token bucket lets them pass.

#pragma once

#include <cstdint>

#include "protocols/core/ids.h"
#include "protocols/core/time.h"
#include "sim/profile.h"

namespace lockstep::sim {

// What ends later than any run may last (80 days) ends here: a queue that a slow link never serves
// adds up to more than an instant can show. It leaves room for the delays on the way after that.
inline constexpr core::Instant kNever = core::Instant() + core::Duration::Seconds(90 * 86'400);

// `from` and `by` later, or kNever; `by` is not negative.
constexpr core::Instant Later(core::Instant from, core::Duration by) {
  return from >= kNever || by >= kNever - from ? kNever : from + by;
}

// Time to put `size` on a wire, in picoseconds:  ceil(8 * size * 1e12 / rate)
// Rounded up, so that no link is faster than its line rate; at most 90 days.
core::Duration SerializationTime(core::ByteCount size, std::int64_t rate_bps);

// The same for a rate that does not change; remembers the last answer, since most packets have the
// size of the one before.
class LineRate {
 public:
  explicit LineRate(std::int64_t rate_bps) : rate_bps_(rate_bps) {}
  core::Duration TimeFor(core::ByteCount size) {
    if (size != last_size_) {
      last_size_ = size;
      last_time_ = SerializationTime(size, rate_bps_);
    }
    return last_time_;
  }
  std::int64_t rate_bps() const { return rate_bps_; }

 private:
  std::int64_t rate_bps_;
  core::ByteCount last_size_;
  core::Duration last_time_;
};

// A token bucket: `burst` may pass at once, and `rate` on average. What is larger than the burst
// passes when the bucket is full. (The generic cell rate algorithm, ITU-T I.371: a bucket is a
// "full again at" number.)
class Shaper {
 public:
  explicit Shaper(const TokenBucket& bucket);
  // The first instant, not before `now`, at which `size` may pass.
  core::Instant Earliest(core::Instant now, core::ByteCount size) const;
  // It passes at `at`.
  void Take(core::Instant at, core::ByteCount size);

 private:
  LineRate rate_;
  core::ByteCount burst_;
  core::Instant full_at_;
};

}  // namespace lockstep::sim
