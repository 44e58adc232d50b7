// What the entries of the queue stand for.

#pragma once

#include <cstdint>

namespace lockstep::sim {

enum class TaskKind : std::uint32_t {
  // For the network.
  kSegmentSent,  // target: stream; a: epoch; b, c: begin, end
  kAtPort,       // a: packet: at the port of its next edge
  kAtCard,       // a: packet: at its receiver's card, whole; where that takes time
  kAtHost,       // a: packet: at its receiver
  kAcked,        // target: stream; a: epoch; b: begin of a segment; c: offset read
  kTimeout,      // target: stream; a: epoch: of retransmission, if it has not moved
  kPaced,        // target: stream; a: epoch: the pace allows a segment
  kWindow,       // target: stream; a: epoch; b: offset read
  // For a host.
  kStageFree,   // target: host; a: stage; b: incarnation
  kReceived,    // target: host; a: inbox slot; b: incarnation; c: how long it has stood still
  kHandedOver,  // the same: at the protocol stage
  kTimer,       // target: host; a: timer; b: generation
  kStep,        // target: host; a: step; b: incarnation; c: how long it has stood still
  kTransmit,    // target: host; a: outbox slot; b: incarnation; c: how long it has stood still
  kCredit,      // target: host; a: peer; b: incarnation; c: credit of what was lost
  // For the world.
  kFaultBegins,  // a: index
  kFaultEnds,    // a: index
  kStartAll,
  kRestart,  // target: host
  kPeriod,
};

}  // namespace lockstep::sim
