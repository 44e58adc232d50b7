// What replicas of Chora-R note beside what all replicated logs note (note.h, log_notes.h).
//
// Position r N + p of the log is the p-th lane, in rotated order, of round r. `committed` is said
// once for a round, of its N positions; its digest is that of CommitDigest, from the batches of the
// round in that order. `state` tells a position and the digest of the machine after all before it.

#pragma once

#include "protocols/core/hash.h"
#include "protocols/core/note.h"

namespace lockstep::chora {

inline constexpr core::NoteSpec kNotes[] = {
    // Rounds as a replica sees them. On a clean path there are two of these for each replica and
    // round, `round` and `round_complete`; what `round_votes`, `round_silent`, `round_blind` and
    // `round_violations` say is of the boundary that was noted last, at the same instant.
    {"round",
     "value: the round whose boundary is handled; detail: how long ago it began on the own clock, "
     "in ps. It votes on the round D before, or on what the notes behind it say."},
    {"round_votes", "values: rounds that are voted on, where it is not just the one D before."},
    {"round_silent", "No round is voted on."},
    {"round_blind",
     "values: rounds that are voted on though their messages came too early to be kept, or never "
     "will be."},
    {"round_violations",
     "value: a round that is voted on; detail: mask of the lanes whose owners' messages had not "
     "been handled."},
    {"round_skipped", "values: rounds whose boundary was not handled in time."},
    {"round_late", "value: a round of `peer` handled after the vote on it; detail: the own round."},
    {"round_complete",
     "value: a round whose messages have all been handled; detail: when it began on the own clock, "
     "in ps."},
    {"resolved",
     "value: a round; detail: lane + 64 ballot, 0 where others have told; digest: 1 for the batch, "
     "0 for nothing. Decided otherwise than by the votes that were heard here."},
    {"conflict",
     "value: a round; detail: lane + 64 ballot. A second, other decision: never right."},
    {"recovering", "detail: the incarnation of a replica that has lost its memory."},
    {"too_large", "value: a request that fits no batch, and was dropped; detail: its client."},
};
inline constexpr core::NoteKind kRoundBegun = kNotes[0].kind();
inline constexpr core::NoteKind kRoundVotes = kNotes[1].kind();
inline constexpr core::NoteKind kRoundSilent = kNotes[2].kind();
inline constexpr core::NoteKind kRoundBlind = kNotes[3].kind();
inline constexpr core::NoteKind kRoundViolations = kNotes[4].kind();
inline constexpr core::NoteKind kRoundSkipped = kNotes[5].kind();
inline constexpr core::NoteKind kRoundLate = kNotes[6].kind();
inline constexpr core::NoteKind kRoundComplete = kNotes[7].kind();
inline constexpr core::NoteKind kResolved = kNotes[8].kind();
inline constexpr core::NoteKind kConflict = kNotes[9].kind();
inline constexpr core::NoteKind kRecovering = kNotes[10].kind();
inline constexpr core::NoteKind kTooLarge = kNotes[11].kind();

// The digest of a round so far, and of one position more: of its batch, or 0 where it has none.
constexpr std::uint64_t CommitDigest(std::uint64_t before, std::uint64_t batch) {
  return core::Mix(before, batch);
}

}  // namespace lockstep::chora
