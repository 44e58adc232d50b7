// What replicas decide, for the oracles of every protocol that notes `committed` or `decided`:
// where it stands, and what it is.
//
// These oracles ask nothing of a protocol but the notes, so they judge each cluster whose protocol
// does not promise more, and is no end of a stream: see Judge. Decisions may come in any order.

#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

#include "protocols/core/decision_notes.h"
#include "protocols/core/note.h"
#include "sim/trace/event.h"
#include "sim/trace/interest.h"

namespace lockstep::analysis {

// Decisions of which a checker remembers something; those with the least values are forgotten, and
// who comes to them then cannot be judged there.
inline constexpr std::size_t kDecisionsKept = std::size_t{1} << 18;

inline trace::Interest DecisionNotes() {
  return trace::Interest(Bit(trace::EventKind::kRestart))
      .Add(core::NoteKind::kCommitted)
      .Add(core::kDecided);
}
inline bool IsDecision(const trace::Event& event) {
  return event.Is(core::NoteKind::kCommitted) || event.Is(core::kDecided);
}

// What one note is about. Logs that are cut in other places have other places, which are not
// compared.
struct Place {
  bool is_of_log = false;  // `committed`, else `decided`
  std::uint64_t value = 0;
  std::uint64_t count = 1;
  friend auto operator<=>(const Place&, const Place&) = default;
};
inline Place PlaceOf(const trace::Event& event) {
  return {event.Is(core::NoteKind::kCommitted), event.value, event.count};
}

// What is decided there. Of a log, `detail` says more of the same.
struct Outcome {
  std::uint64_t digest = 0;
  std::uint64_t number = 0;
  friend auto operator<=>(const Outcome&, const Outcome&) = default;
};
inline Outcome OutcomeOf(const trace::Event& event) {
  return {event.digest, event.Is(core::NoteKind::kCommitted) ? 0 : event.detail};
}

// "index 7", "indices 7 to 9", "7".
inline std::string NameOf(const Place& place) {
  const std::string name = place.count > 1
                               ? absl::StrCat(place.value, " to ", place.value + place.count - 1)
                               : absl::StrCat(place.value);
  if (!place.is_of_log) return name;
  return absl::StrCat(place.count > 1 ? "indices " : "index ", name);
}
// What a replica does there: "commits index 7", "decides 7".
inline std::string DoneAt(const Place& place) {
  return absl::StrCat(place.is_of_log ? "commits " : "decides ", NameOf(place));
}

}  // namespace lockstep::analysis
