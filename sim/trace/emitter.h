// Hands each event to the sinks that want it, and numbers it.

#pragma once

#include <cstdint>
#include <vector>

#include "sim/trace/audience.h"
#include "sim/trace/event.h"
#include "sim/trace/interest.h"
#include "sim/trace/sink.h"

namespace lockstep::trace {

class Emitter {
 public:
  // Sinks are not owned, and outlive the emitter's last event.
  void Add(Sink* sink) {
    const Interest interest = sink->Wants();
    wanted_.Add(interest);
    sinks_.push_back(sink);
    audience_.Add(sink, interest);
  }

  // Whether anybody wants any of these: one bit test before a costly event is built.
  bool Wants(EventKind kind) const { return wanted_.Has(kind); }
  bool WantsAny(FactSet facts) const { return wanted_.HasAny(facts); }

  // An observable event of a kind that nobody wants: only counted.
  void Skip() { ++next_index_; }

  // The index counts observable events, wanted or not, and nothing else: so it depends neither on
  // who listens nor on what was made for them.
  void Emit(Event& event) {
    event.index = next_index_;
    if ((kObservableKinds & Bit(event.kind)) != 0) ++next_index_;
    audience_.Tell(event);
  }

  void Finish() {
    for (Sink* const sink : sinks_) sink->Finish();
  }

 private:
  std::vector<Sink*> sinks_;
  Audience audience_;
  Interest wanted_;
  std::uint64_t next_index_ = 0;
};

}  // namespace lockstep::trace
