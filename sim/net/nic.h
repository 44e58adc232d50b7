// A FIFO server that puts packets on a wire at line rate, behind a finite drop-tail queue.
//
// One direction of a network card; a switch port is one too. Since service is in order and never
// interrupted, the server is a "busy until" number: no event is needed for the queue itself.

#pragma once

#include <cstdint>
#include <optional>

#include "protocols/core/ids.h"
#include "protocols/core/time.h"

namespace lockstep::sim {

// Time to put `size` on a wire, in picoseconds:  ceil(8 * size * 1e12 / rate)
// Rounded up, so that no link is faster than its line rate.
core::Duration SerializationTime(core::ByteCount size, std::int64_t rate_bps);

class Nic {
 public:
  // `capacity`: bytes that may wait or be in service.
  Nic(std::int64_t rate_bps, core::ByteCount capacity) : rate_bps_(rate_bps), capacity_(capacity) {}

  // Takes a packet; the instant when its last bit leaves, or none if it met a full queue.
  std::optional<core::Instant> Enqueue(core::Instant now, core::ByteCount size);

  // Bytes that have been taken since the start, and refused.
  core::ByteCount taken() const { return taken_; }
  core::ByteCount dropped() const { return dropped_; }

 private:
  core::Duration TimeFor(core::ByteCount size);

  std::int64_t rate_bps_;
  core::ByteCount capacity_;
  core::Instant busy_until_;
  core::ByteCount taken_;
  core::ByteCount dropped_;
  // Most packets have the size of the one before.
  core::ByteCount last_size_;
  core::Duration last_time_;
};

}  // namespace lockstep::sim
