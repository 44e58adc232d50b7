// Notes of replicated logs, beside `committed`, `state`, `installed` and `rejoined` of note.h:
// those that checkers of replication look at, whichever protocol says them. A protocol that says
// them declares them with its own.
//
// Of `committed` they want to know, in `detail`, which of its indices hold something: a mask of the
// first 64.

#pragma once

#include "protocols/core/hash.h"
#include "protocols/core/ids.h"
#include "protocols/core/note.h"

namespace lockstep::core {

inline constexpr NoteSpec kLogNotes[] = {
    {"executed",
     "values: log indices whose requests have been applied; detail: how many they were; digest: of "
     "their clients and numbers, in order. By the state machine."},
    {"lanes",
     "value: the round from which a change holds; detail: mask of the lanes active then; peer: "
     "whose lane it is. By the state machine."},
};
inline constexpr NoteKind kExecuted = kLogNotes[0].kind();
inline constexpr NoteKind kLanes = kLogNotes[1].kind();

// The digest of an `executed` note so far, and of one request more; 0 to begin with.
constexpr std::uint64_t ExecutedDigest(std::uint64_t before, ClientId client, RequestId request) {
  return Mix(Mix(before, client.value()), request.value());
}

}  // namespace lockstep::core
