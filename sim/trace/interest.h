// What a sink wants to be told: kinds of events, kinds of notes, facts with their phases.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/trace/event.h"

namespace lockstep::trace {

class Interest {
 public:
  Interest() = default;
  // These kinds; all notes and all facts where theirs are among them.
  Interest(KindSet kinds)  // NOLINT: a set of kinds is an interest.
      : kinds_(kinds),
        facts_((kinds & Bit(EventKind::kFact)) != 0 ? kAllFacts : 0),
        has_all_notes_((kinds & Bit(EventKind::kNote)) != 0) {}

  // The same, and these.
  Interest& Add(core::Fact fact, Phase phase) { return AddFacts(Bit(fact, phase)); }
  Interest& Add(core::NoteKind note) {
    kinds_ |= Bit(EventKind::kNote);
    const auto at = std::lower_bound(notes_.begin(), notes_.end(), note);
    if (at == notes_.end() || *at != note) notes_.insert(at, note);
    return *this;
  }
  Interest& Add(const Interest& other) {
    kinds_ |= other.kinds_;
    facts_ |= other.facts_;
    has_all_notes_ |= other.has_all_notes_;
    for (const core::NoteKind note : other.notes_) Add(note);
    return *this;
  }

  bool Has(EventKind kind) const { return (kinds_ & Bit(kind)) != 0; }
  bool HasAny(FactSet facts) const { return (facts_ & facts) != 0; }
  bool Has(const Event& event) const {
    if (!Has(event.kind)) return false;
    if (event.kind == EventKind::kFact) return HasAny(Bit(event.fact, event.phase));
    return event.kind != EventKind::kNote || Has(event.note);
  }
  bool Has(core::NoteKind note) const {
    return has_all_notes_ || std::binary_search(notes_.begin(), notes_.end(), note);
  }

  bool has_all_notes() const { return has_all_notes_; }
  // Those that were named, in the order of their numbers.
  const std::vector<core::NoteKind>& notes() const { return notes_; }

 private:
  Interest& AddFacts(FactSet facts) {
    kinds_ |= Bit(EventKind::kFact);
    facts_ |= facts;
    return *this;
  }

  KindSet kinds_ = 0;
  FactSet facts_ = 0;
  bool has_all_notes_ = false;
  std::vector<core::NoteKind> notes_;  // sorted; where it is not all of them
};

// What tells the story of a run. The default trace holds this, and what the checkers want.
inline Interest TheStory() {
  return Interest(Bit(EventKind::kNote) | Bit(EventKind::kCrash) | Bit(EventKind::kRestart) |
                  Bit(EventKind::kFault) | Bit(EventKind::kFaulty) | Bit(EventKind::kTampered) |
                  Bit(EventKind::kReceipt) | Bit(EventKind::kMetric) | Bit(EventKind::kDropped) |
                  Bit(EventKind::kEnd));
}

}  // namespace lockstep::trace
