// Hands each event to the sinks that want its kind, and numbers it.

#pragma once

#include <cstdint>
#include <vector>

#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::trace {

class Emitter {
 public:
  // Sinks are not owned, and outlive the emitter's last event.
  void Add(Sink* sink) {
    sinks_.push_back({sink->Wants(), sink});
    wanted_ |= sink->Wants();
  }

  // Whether anybody wants this kind: one bit test before a costly event is built.
  bool Wants(EventKind kind) const { return Wants(Bit(kind)); }
  bool Wants(KindSet kinds) const { return (wanted_ & kinds) != 0; }

  // An event of a kind that nobody wants: only counted.
  void Skip() { ++next_index_; }

  // The index counts events of all kinds, wanted or not, so that traces of any level agree; but for
  // kinds derived from messages, which are not derived where nobody wants any of them.
  void Emit(Event& event) {
    event.index = next_index_++;
    for (const Listener& listener : sinks_) {
      if ((listener.wants & Bit(event.kind)) != 0) listener.sink->OnEvent(event);
    }
  }

  void Finish() {
    for (const Listener& listener : sinks_) listener.sink->Finish();
  }

 private:
  struct Listener {
    KindSet wants;
    Sink* sink;
  };
  std::vector<Listener> sinks_;
  KindSet wanted_ = 0;
  std::uint64_t next_index_ = 0;
};

}  // namespace lockstep::trace
