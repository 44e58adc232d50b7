// What a node has listed, by kind of effect.

#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "protocols/core/effects.h"
#include "protocols/core/ids.h"
#include "protocols/core/note.h"
#include "protocols/core/time.h"

namespace lockstep::tests {

// All effects of one kind, in order: All<core::effect::Send>(out).
template <typename T>
std::vector<T> All(const core::Effects& effects) {
  std::vector<T> found;
  for (const core::Listed& listed : effects.list()) {
    if (const T* what = std::get_if<T>(&listed.what)) found.push_back(*what);
  }
  return found;
}

inline std::vector<core::effect::Note> Notes(const core::Effects& effects, core::NoteKind kind) {
  std::vector<core::effect::Note> found = All<core::effect::Note>(effects);
  std::erase_if(found, [&](const core::effect::Note& note) { return note.kind != kind; });
  return found;
}

inline std::vector<core::Bytes> SentTo(const core::Effects& effects, core::NodeId to) {
  std::vector<core::Bytes> found;
  for (const core::effect::Send& send : All<core::effect::Send>(effects)) {
    if (send.to == to) found.push_back(send.payload);
  }
  return found;
}

// Since the start, on all three clocks.
inline core::Now NowAt(core::Duration since_start) {
  const core::Instant now = core::Instant() + since_start;
  return core::Now(now, now, now);
}
inline core::Now NowAtMs(std::int64_t ms) { return NowAt(core::Duration::Milliseconds(ms)); }

}  // namespace lockstep::tests
