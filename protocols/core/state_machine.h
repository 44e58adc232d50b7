// An application that is replicated: commands in, answers out, the same at every replica.
//
// Apply is a function of the state and the command alone: no time, no randomness, no identity of
// the replica. Commands may be any bytes; what one does not understand it answers, and stays as it
// was. Whoever replicates it sees to it that every replica applies the same commands in one order.

#pragma once

#include <cstdint>

#include "protocols/core/bytes.h"

namespace lockstep::core {

class StateMachine {
 public:
  virtual ~StateMachine() = default;
  // The answer to `command`, which has changed the state. Whoever replicates it hands every replica
  // the same command in the same form, filler or literal, so that its Digest says what it is.
  virtual Bytes Apply(const Bytes& command) = 0;
  // The whole state: who restores it has an equal one.
  virtual Bytes Snapshot() const = 0;
  // False, and the state is as before, if `snapshot` is none of this machine's.
  virtual bool Restore(const Bytes& snapshot) = 0;
  // Equal states have equal digests. Cheap: it is asked for often.
  virtual std::uint64_t Digest() const = 0;
};

}  // namespace lockstep::core
