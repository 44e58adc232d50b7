// What replicas of optimistic transmission note beside what every C3B layer does.

#pragma once

#include "protocols/core/note.h"

namespace lockstep::c3b {

inline constexpr core::NoteSpec kNotes[] = {
    {"leads",
     "value: the view of `stream` of which this sender is the leader from now on; detail: "
     "the k′ from which on it sends."},
    {"suspects",
     "value: the view of `stream` for which this receiver asks now, since the leader of "
     "the one before has not sent what is known to be committed; detail: the k′ that it "
     "waits for."},
};
inline constexpr core::NoteKind kLeads = kNotes[0].kind();
inline constexpr core::NoteKind kSuspects = kNotes[1].kind();

}  // namespace lockstep::c3b
