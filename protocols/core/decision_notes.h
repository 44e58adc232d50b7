// Notes of protocols that decide something by its name, in whatever order: transactions, slots,
// rounds. A replicated log says `committed` instead (note.h). Whoever says these declares them with
// its own notes; checkers of agreement look at them, whichever protocol says them.

#pragma once

#include "protocols/core/note.h"

namespace lockstep::core {

inline constexpr NoteSpec kDecisionNotes[] = {
    {"decided",
     "value: what was to be decided, such as a transaction; digest: of the outcome, 0 where nothing "
     "is to be done; detail: the outcome as a number, if it is one. By each replica, once."},
    {"proposed",
     "value: what is to be decided, or the log index; digest: of an outcome that is proposed, as "
     "that of `decided` or `committed`. By the replica that proposes, before anybody can decide."},
};
inline constexpr NoteKind kDecided = kDecisionNotes[0].kind();
inline constexpr NoteKind kProposed = kDecisionNotes[1].kind();

}  // namespace lockstep::core
