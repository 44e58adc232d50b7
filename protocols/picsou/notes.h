// What Picsou's replicas note beside what every C3B layer does.

#pragma once

#include "protocols/core/note.h"

namespace lockstep::picsou {

inline constexpr core::NoteSpec kNotes[] = {
    {"complaint", "values: k′ of `stream` declared lost; detail: the attempt that this orders."},
    {"resent", "values: k′ of `stream`, to `peer`; detail: attempt."},
};
inline constexpr core::NoteKind kComplaint = kNotes[0].kind();
inline constexpr core::NoteKind kResent = kNotes[1].kind();

}  // namespace lockstep::picsou
