// Hands each event to the sinks that want it, and numbers it.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::trace {

class Emitter {
 public:
  // Sinks are not owned, and outlive the emitter's last event.
  void Add(Sink* sink) {
    const Interest interest = sink->Wants();
    wanted_.Add(interest);
    sinks_.push_back(sink);
    for (std::size_t kind = 0; kind < kEventKinds; ++kind) {
      if (interest.Has(static_cast<EventKind>(kind))) listeners_[kind].push_back({interest, sink});
    }
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
    // Of notes and facts a sink may want some only.
    const bool is_chosen = event.kind == EventKind::kNote || event.kind == EventKind::kFact;
    for (const Listener& listener : listeners_[static_cast<std::size_t>(event.kind)]) {
      if (!is_chosen || listener.interest.Has(event)) listener.sink->OnEvent(event);
    }
  }

  void Finish() {
    for (Sink* const sink : sinks_) sink->Finish();
  }

 private:
  struct Listener {
    Interest interest;
    Sink* sink;
  };

  std::vector<Sink*> sinks_;
  std::array<std::vector<Listener>, kEventKinds> listeners_;  // listeners_[kind], in that order
  Interest wanted_;
  std::uint64_t next_index_ = 0;
};

}  // namespace lockstep::trace
