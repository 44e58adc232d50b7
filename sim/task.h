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
  kTimer,   // target: host; a: timer; b: entry
  kStall,   // target: host; a: core: the system stops it; where that is wanted
  kCredit,  // target: host; a: peer; b: life; c: credit of what was lost
  // The same with b: its life; c: how long it has stood still.
  kStageFree,   // a: stage
  kReceived,    // a: inbox slot
  kHandedOver,  // a: inbox slot: at the protocol stage
  kStep,        // a: step
  kWork,        // a: step and index in its list: work is at its core
  kTransmit,    // a: outbox slot: through with the send stage
  // For the world.
  kFaults,  // what the agenda has for this instant
  kStartAll,
  kPeriod,
  kHeld,  // a: slot: a message that a fault keeps goes on
};

}  // namespace lockstep::sim
