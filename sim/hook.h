// Who may strike where something is about to happen: faults that choose their moment.
//
// The world asks before it acts, and does what is answered instead; never inside the telling of an
// event. Every answer is "nothing" unless it is overridden.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "protocols/core/effects.h"
#include "protocols/core/ids.h"
#include "protocols/core/time.h"
#include "sim/host/disk.h"
#include "sim/net/packet.h"

namespace lockstep::sim {

// What becomes of a packet.
struct PacketFate {
  bool is_lost = false;
  core::Duration later = {};  // so much later it is where it is about to be; asked no second time
  // Who may let it go sooner than that, by Wires::Release; 0: nobody.
  std::uint32_t holder = 0;
};

class Hook {
 public:
  virtual ~Hook() = default;
  // The effect is about to be performed by `host`, which this may crash.
  virtual void BeforeEffect(core::Instant, core::NodeId /*host*/, const core::Listed&) {}
  // The packet is about to join the queue of a port, a card's or a switch's, which feeds `edge` (as
  // Network::CardEdge and the topology number them), and in which so many bytes wait.
  virtual PacketFate BeforeQueue(core::Instant, std::uint32_t /*edge*/, const Packet&,
                                 core::ByteCount /*waiting*/) {
    return {};
  }
  // The packet joins that queue now, after all that it may have waited; false if it is lost
  // instead.
  virtual bool MayQueue(core::Instant, std::uint32_t /*edge*/, const Packet&,
                        core::ByteCount /*waiting*/) {
    return true;
  }
  // A timer of `host` has expired; how much later it does so instead.
  virtual core::Duration BeforeTimer(core::Instant, core::NodeId /*host*/, core::TimerId) {
    return {};
  }
  // A timer is about to be set by `host`; how much earlier it is due.
  // `wait`: how long it would be until then, by the timer's own clock.
  virtual core::Duration BeforeSetting(core::Instant, core::NodeId /*host*/,
                                       core::Duration /*wait*/) {
    return {};
  }
  // A record or snapshot is about to be written; what is wrong with it.
  virtual std::optional<Disk::Harm> BeforeRecord(core::Instant, core::NodeId /*host*/) {
    return {};
  }
  // A node starts, and its disk holds so many records; how many of the newest are not read.
  virtual std::uint64_t BeforeRead(core::Instant, core::NodeId /*host*/, std::uint64_t /*there*/) {
    return 0;
  }
  // A node was handed a record otherwise, or not at all, because of this fault.
  virtual void OnHarmRead(core::Instant, std::size_t /*fault*/) {}
  // A disk that takes time is about to begin writing so many bytes; how much longer that takes.
  virtual core::Duration BeforeWrite(core::Instant, core::NodeId /*host*/, core::ByteCount) {
    return {};
  }
};

}  // namespace lockstep::sim
