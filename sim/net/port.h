// A port: a FIFO server that puts packets on a wire at line rate, behind a finite drop-tail queue.
//
// One direction of a network card; a switch port is one too. Service is in order, so as long as
// nothing is done to the port a packet's times are known when it comes: the server is a "busy
// until" number, and no event is needed for the queue itself. What is done to a port changes the
// times of the packets that are not yet through; whoever moves them asks for their new ones.
//
// A port that *stands* (it stalls, or its link is down) puts no bit on the wire. The packet in the
// midst of its serialisation stands still, too, and goes on where it stopped. Meanwhile packets get
// the times that they would have if it went on now, so that it is known which of them were made
// later. A link that goes down cuts the packet that is half on the wire; what is whole on the wire
// arrives, as light in a fibre does. What waits is dropped or waits for the link to come up, as
// told. A new rate counts from now on, for the rest of the packet on the wire, too.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/ids.h"
#include "protocols/core/random.h"
#include "protocols/core/time.h"
#include "sim/net/line_rate.h"
#include "sim/profile.h"
#include "sim/ring.h"

namespace lockstep::sim {

struct PortSpec {
  std::int64_t rate_bps = 0;
  core::ByteCount bytes;      // that may wait or be in service; 0: any number
  std::uint32_t packets = 0;  // the same
  Distribution latency;       // before a packet may be served; packets keep their order
  core::Duration per_byte;    // on top of it
  TokenBucket limit;
};

class Port {
 public:
  // What its owner knows a packet by.
  struct Tag {
    std::uint32_t slot = 0;
    std::uint32_t serial = 0;
    friend bool operator==(const Tag&, const Tag&) = default;
  };
  struct Queued {
    Tag tag;
    core::ByteCount size;
    core::Instant came;
    core::Instant ready;   // it may be served, when what is before it is through
    core::Instant tail;    // its last bit is there to be served
    core::Instant begins;  // its first bit is on the wire, or what is left of it goes on
    core::Instant ends;    // its last bit is
  };
  // What becomes of the packets of a link that is down.
  enum class WhileDown : std::uint8_t { kWait, kDropped };

  // `random`: for the latency.
  explicit Port(const PortSpec& spec, core::Random random = core::Random(0));

  // Takes a packet, or none if it met a full queue or a link that drops it. A packet that is still
  // coming in (cut-through) is not served faster than it comes: its last bit is here at `tail`.
  // Valid until the next call.
  const Queued* Enqueue(core::Instant now, core::ByteCount size) {
    return Enqueue(now, now, size, {});
  }
  const Queued* Enqueue(core::Instant now, core::Instant tail, core::ByteCount size, Tag tag) {
    return Enqueue(now, now, tail, size, tag);
  }
  // One that comes at `came`, before which nothing else will.
  const Queued* Enqueue(core::Instant now, core::Instant came, core::Instant tail,
                        core::ByteCount size, Tag tag);
  // Whether so many packets, of so many bytes together, would be taken.
  bool HasRoomFor(core::Instant now, core::ByteCount size, std::uint64_t packets = 1);
  // When a packet of this size that met a full queue would have been on the wire, had the queue
  // been empty.
  core::Instant RetryAt(core::Instant now, core::ByteCount size);

  // When all that it has taken is on the wire, unless it stands.
  core::Instant busy_until() const { return busy_until_; }
  bool is_standing() const { return stalls_ > 0 || is_down(); }
  bool is_down() const { return downs_ > 0; }
  std::int64_t rate_bps() const { return rate_.rate_bps(); }
  // Bytes that have come since the start and were taken, and refused. A packet may be taken before
  // it comes.
  core::ByteCount taken(core::Instant now) const;
  core::ByteCount dropped() const { return dropped_; }
  // Bytes that wait or are in service.
  core::ByteCount Waiting(core::Instant now) {
    Settle(now);
    return waiting_;
  }

  // --- What is done to it, now ---

  // No bit leaves, until as many stalls have ended as began.
  void BeginStall(core::Instant now);
  void EndStall(core::Instant now);
  // How many of the packets that are here would be later than without it, if it ended now.
  std::uint64_t MadeLater(core::Instant now) const;
  // Says which packets are lost: the one that is half on the wire, and all others if they are
  // dropped. A link may be down for several reasons; until it is up again, what one of them drops
  // is dropped.
  std::vector<Queued> TakeDown(core::Instant now, WhileDown fate);
  void BringUp(core::Instant now);
  void SetRate(core::Instant now, std::int64_t rate_bps);
  // How many wait of whom no bit is on the wire; and throws away the nth of them, from 0.
  std::size_t Unbegun(core::Instant now);
  Queued Evict(core::Instant now, std::size_t nth);

  // The packets that were not through when something was done to it last, oldest first.
  std::size_t queued() const { return queue_.size(); }
  Queued& at(std::size_t i) { return queue_[i]; }
  // Forgets what is through.
  void Settle(core::Instant now);
  // The oldest is beyond this port with its first bits, and will not be stopped any more.
  void PassFront();

 private:
  void MakeRoom(core::Instant now);
  core::Instant ReadyAt(core::Instant came, core::ByteCount size);
  void Stand(core::Instant now);
  void HalveFront(core::Instant now);
  void PopFront();
  void Plan(core::Instant now);
  template <typename Visit>
  void ForEachPlanned(core::Instant now, const Visit& visit) const;

  PortSpec spec_;
  LineRate rate_;
  std::optional<Shaper> shaper_;
  std::optional<Shaper> settled_;  // of what is through, or has begun
  core::Random random_;
  bool is_bounded_;
  bool has_latency_;
  std::uint32_t downs_ = 0;      // reasons for which its link is down
  bool is_front_begun_ = false;  // it has been stopped, and its first bits are on the wire
  WhileDown while_down_ = WhileDown::kWait;
  std::uint32_t stalls_ = 0;
  core::Instant busy_until_;
  core::Instant passed_until_;  // when the last is through of those that were passed
  core::Instant ready_;         // of the packet before
  Ring<Queued> queue_;
  core::ByteCount waiting_;
  core::ByteCount taken_;
  core::ByteCount dropped_;
};

}  // namespace lockstep::sim
