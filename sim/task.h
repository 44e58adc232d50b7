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
  kTimer,       // target: host; a: timer; b: entry
  kCredit,      // target: host; a: peer; b: life; c: credit of what was lost
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
};

}  // namespace lockstep::sim
