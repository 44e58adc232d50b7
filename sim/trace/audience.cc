// Lists of sinks by what they want: see audience.h.

#include "sim/trace/audience.h"

namespace lockstep::trace {

void Audience::Add(Sink* sink, const Interest& interest) {
  for (std::size_t k = 0; k < kEventKinds; ++k) {
    if (interest.Has(static_cast<EventKind>(k))) kinds_[k].push_back(sink);
  }
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    if (interest.HasAny(FactSet{1} << i)) facts_[i].push_back(sink);
  }
  // A kind that nobody named before has had those who want all of them.
  for (const core::NoteKind note : interest.notes()) notes_.try_emplace(note, other_notes_);
  for (auto& [note, sinks] : notes_) {
    if (interest.Has(note)) sinks.push_back(sink);
  }
  if (interest.has_all_notes()) other_notes_.push_back(sink);
}

}  // namespace lockstep::trace
