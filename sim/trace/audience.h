// Who is to be told of an event: the sinks that want it, found by what it is and not by asking each
// of them.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "sim/trace/event.h"
#include "sim/trace/interest.h"
#include "sim/trace/sink.h"

namespace lockstep::trace {

class Audience {
 public:
  // `sink` is told what is in `interest`, after those that were added before. It is not owned, and
  // outlives the last event.
  void Add(Sink* sink, const Interest& interest);

  void Tell(const Event& event) const {
    for (Sink* const sink : Of(event)) sink->OnEvent(event);
  }

 private:
  using Sinks = std::vector<Sink*>;

  const Sinks& Of(const Event& event) const {
    if (event.kind == EventKind::kNote) {
      const auto at = notes_.find(event.note);
      return at == notes_.end() ? other_notes_ : at->second;
    }
    if (event.kind == EventKind::kFact) return facts_[Index(event.fact, event.phase)];
    return kinds_[static_cast<std::size_t>(event.kind)];
  }
  static constexpr std::size_t Index(core::Fact fact, Phase phase) {
    return static_cast<std::size_t>(fact) * kPhaseNames.size() + static_cast<std::size_t>(phase);
  }

  std::array<Sinks, kEventKinds> kinds_;  // but notes and facts
  std::array<Sinks, core::kFactNames.size() * kPhaseNames.size()> facts_;
  // Of those kinds that somebody named, so there are few; never walked through but to add a sink.
  absl::flat_hash_map<core::NoteKind, Sinks> notes_;
  Sinks other_notes_;  // those who want every note
};

}  // namespace lockstep::trace
