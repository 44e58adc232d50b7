// A sink that asks for more than a default trace is to hold, as few do: it says what such a trace
// holds of it all the same, and in lines of its own what a reader is to know of the rest.
//
// A trace with detail holds all that it wants, and those lines as well.

#pragma once

#include <string_view>
#include <vector>

#include "protocols/core/note.h"
#include "sim/trace/interest.h"
#include "sim/trace/sink.h"

namespace lockstep::analysis {

class Sparing {
 public:
  virtual ~Sparing() = default;
  // What a default trace holds of what it wants.
  virtual trace::Interest Keeps() const = 0;
  // Notes that a default trace does without: others are part of the story of a run.
  virtual std::vector<core::NoteKind> Spares() const = 0;
  // Where events go, from now on, that a trace holds beside those: of kAccountKinds, or what it was
  // just given itself. Each is told when it is concluded, so at the instant and with the index of
  // the event that the sink is being given. `trace` outlives the last of them.
  virtual void TellTo(trace::Sink* trace) = 0;
};

}  // namespace lockstep::analysis
