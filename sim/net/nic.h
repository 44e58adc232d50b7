// A FIFO server that puts packets on a wire at line rate, behind a finite drop-tail queue.
//
// One direction of a network card; a switch port is one too. Service is in order, and what could
// interrupt it is known beforehand, so the server is a "busy until" number: no event is needed for
// the queue itself.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/ids.h"
#include "protocols/core/random.h"
#include "protocols/core/time.h"
#include "sim/profile.h"
#include "sim/ring.h"

namespace lockstep::sim {

// Time to put `size` on a wire, in picoseconds:  ceil(8 * size * 1e12 / rate)
// Rounded up, so that no link is faster than its line rate.
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
  core::Instant Earliest(core::Instant now, core::ByteCount size);
  // It passes at `at`.
  void Take(core::Instant at, core::ByteCount size);

 private:
  LineRate rate_;
  core::ByteCount burst_;
  core::Instant full_at_;
};

struct PortSpec {
  std::int64_t rate_bps = 0;
  core::ByteCount bytes;      // that may wait or be in service; 0: any number
  std::uint32_t packets = 0;  // the same
  Distribution latency;       // before a packet may be served; packets keep their order
  core::Duration per_byte;    // on top of it
  TokenBucket limit;
};

// From its first bit on the wire to the end of its last.
struct Service {
  core::Instant begins;
  core::Instant ends;
};

class Nic {
 public:
  // `random`: for the latency.
  explicit Nic(const PortSpec& spec, core::Random random = core::Random(0));

  // Takes a packet; when it is on the wire, or none if it met a full queue. A packet that is still
  // coming in (cut-through) is not served faster than it comes: its last bit is here at `tail`.
  std::optional<Service> Enqueue(core::Instant now, core::ByteCount size);
  std::optional<Service> Enqueue(core::Instant now, core::Instant tail, core::ByteCount size);
  // No bit leaves from `from` until `until`; to be said before any packet comes that late.
  void AddStall(core::Instant from, core::Instant until);
  // Packets that such a stall has made later: they were there before its end, and were not through
  // before its beginning.
  std::uint64_t DelayedBy(core::Instant from, core::Instant until) const;

  // When all that it has taken is on the wire.
  core::Instant busy_until() const { return busy_until_; }
  // Bytes that have been taken since the start, and refused.
  core::ByteCount taken() const { return taken_; }
  core::ByteCount dropped() const { return dropped_; }
  // Bytes that wait or are in service; of a port that bounds neither bytes nor packets, none.
  core::ByteCount Waiting(core::Instant now);

 private:
  struct Queued {
    core::Instant ends;
    core::ByteCount size;
  };
  struct Stall {
    core::Instant from;
    core::Instant until;
    std::uint64_t delayed = 0;
  };
  bool HasRoomFor(core::Instant now, core::ByteCount size);
  core::Instant ReadyAt(core::Instant now, core::ByteCount size);
  Service PauseForStalls(Service service);
  void CountDelayed(core::Instant ready, core::Instant ends);

  PortSpec spec_;
  LineRate rate_;
  std::optional<Shaper> shaper_;
  core::Random random_;
  bool is_bounded_;
  bool has_latency_;
  core::Instant busy_until_;
  core::Instant ready_;  // of the packet before
  Ring<Queued> queue_;
  core::ByteCount waiting_;
  core::ByteCount taken_;
  core::ByteCount dropped_;
  std::vector<Stall> stalls_;  // in order; those that are past are dropped from the front
  std::vector<Stall> told_;    // as they were added
};

}  // namespace lockstep::sim
