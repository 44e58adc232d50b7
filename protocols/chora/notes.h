// What replicas of Chora-R note beside `committed` and `state`, which all state machines note.
//
// Position r N + p of the log is the p-th lane, in rotated order, of round r. `committed` is said
// once for a round, of its N positions; its digest is that of CommitDigest, from the batches of the
// round in that order. `state` tells a position and the digest of the machine after all before it.

#pragma once

#include "protocols/core/hash.h"
#include "protocols/core/note.h"

namespace lockstep::chora {

inline constexpr core::NoteSpec kNotes[] = {
    {"round_complete",
     "value: a round whose messages have all been handled; detail: when it began on the own clock, "
     "in ps."},
    {"round_violations",
     "value: a round; detail: mask of the lanes voted zero since their owner's message had not "
     "been "
     "handled."},
    {"round_skipped", "values: rounds whose boundary was not handled in time."},
    {"round_late", "value: a round of `peer` handled after the vote on it; detail: the own round."},
    {"resolved",
     "value: a round; detail: lane + 64 ballot, 0 where others have told; digest: 1 for the batch, "
     "0 "
     "for nothing. Decided otherwise than by the votes."},
    {"conflict",
     "value: a round; detail: lane + 64 ballot. A second, other decision: never right."},
    {"lanes", "value: the round from which a change holds; detail: mask of the lanes active then."},
    {"recovering", "detail: the incarnation of a replica that has lost its memory."},
    {"too_large", "value: a request that fits no batch, and was dropped; detail: its client."},
};
inline constexpr core::NoteKind kRoundComplete = kNotes[0].kind();
inline constexpr core::NoteKind kRoundViolations = kNotes[1].kind();
inline constexpr core::NoteKind kRoundSkipped = kNotes[2].kind();
inline constexpr core::NoteKind kRoundLate = kNotes[3].kind();
inline constexpr core::NoteKind kResolved = kNotes[4].kind();
inline constexpr core::NoteKind kConflict = kNotes[5].kind();
inline constexpr core::NoteKind kLanes = kNotes[6].kind();
inline constexpr core::NoteKind kRecovering = kNotes[7].kind();
inline constexpr core::NoteKind kTooLarge = kNotes[8].kind();

// The digest of a round so far, and of one position more: of its batch, or 0 where it has none.
constexpr std::uint64_t CommitDigest(std::uint64_t before, std::uint64_t batch) {
  return core::Mix(before, batch);
}

}  // namespace lockstep::chora
