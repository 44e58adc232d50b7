// Line-rate FIFO server: see nic.h.

#include "sim/net/nic.h"

#include <algorithm>

#include "absl/numeric/int128.h"

namespace lockstep::sim {

core::Duration SerializationTime(core::ByteCount size, std::int64_t rate_bps) {
  const absl::int128 bit_ps = absl::int128(8) * size.value() * 1'000'000'000'000;
  return core::Duration::Picoseconds(static_cast<std::int64_t>((bit_ps + rate_bps - 1) / rate_bps));
}

core::Duration Nic::TimeFor(core::ByteCount size) {
  if (size != last_size_) {
    last_size_ = size;
    last_time_ = SerializationTime(size, rate_bps_);
  }
  return last_time_;
}

std::optional<core::Instant> Nic::Enqueue(core::Instant now, core::ByteCount size) {
  const core::Duration service = TimeFor(size);
  const core::Instant start = std::max(now, busy_until_);
  // What waits, as time: comparing with the capacity's own time spares a division per packet.
  const absl::int128 backlog_bits = absl::int128((start - now).ps()) * rate_bps_;
  const absl::int128 room_bits = absl::int128((capacity_ - size).value()) * 8 * 1'000'000'000'000;
  if (backlog_bits > room_bits) {
    dropped_ = dropped_ + size;
    return std::nullopt;
  }
  busy_until_ = start + service;
  taken_ = taken_ + size;
  return busy_until_;
}

}  // namespace lockstep::sim
