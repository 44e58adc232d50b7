// Seam two: where conclusions meet the world. A sink is given each event once, in order.
//
// The world does not know who listens; a sink cannot tell a live run from a file read back.

#pragma once

#include "sim/trace/event.h"
#include "sim/trace/interest.h"

namespace lockstep::trace {

class Sink {
 public:
  virtual ~Sink() = default;
  // What OnEvent is to be given; asked once, before the first event.
  virtual Interest Wants() const = 0;
  virtual void OnEvent(const Event& event) = 0;
  // No more events will come.
  virtual void Finish() = 0;
};

}  // namespace lockstep::trace
