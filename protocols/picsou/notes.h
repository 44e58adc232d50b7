// What Picsou's replicas note beside what every C3B layer does.

#pragma once

#include "protocols/core/note.h"

namespace lockstep::picsou {

inline constexpr core::NoteSpec kNotes[] = {
    {"complaint", "values: k′ of `stream` declared lost; detail: the attempt that this orders."},
    {"resent", "values: k′ of `stream`, to `peer`; detail: attempt."},
    {"fetches", "values: the first k′ of `stream` that it asks `peer` for; detail: how many."},
};
inline constexpr core::NoteKind kComplaint = kNotes[0].kind();
inline constexpr core::NoteKind kResent = kNotes[1].kind();
inline constexpr core::NoteKind kFetches = kNotes[2].kind();

}  // namespace lockstep::picsou
