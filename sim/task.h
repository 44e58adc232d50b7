// What the entries of the queue stand for.

#pragma once

#include <cstdint>

namespace lockstep::sim {

enum class TaskKind : std::uint32_t {
  // For the network. `serial`: of a packet, new whenever its times change; else the task is void.
  kSegmentSent,  // target: stream; a: epoch; b: serial: a segment has left the card
  kFirstBit,     // a: packet; b: serial: begins to leave its sender's card; where that is wanted
  kAtPort,       // a: packet; b: serial: at the port of its next edge
  kLost,         // a: packet; b: serial: on a wire
  kAtCard,       // a: packet; b: serial: at its receiver's card, whole; where that takes time
  kAtHost,       // a: packet; b: serial: at its receiver
  kTimeout,      // target: stream; a: epoch: of waiting for an answer, if it has not moved
  kPaced,        // target: stream; a: epoch: the pace allows a segment
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
