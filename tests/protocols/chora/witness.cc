// What has been seen from outside: see witness.h.

#include "tests/protocols/chora/witness.h"

#include "absl/strings/str_cat.h"

#include "protocols/core/note.h"

namespace lockstep::tests {

std::string Witness::See(std::uint32_t replica, const chora::Board& board) {
  const chora::Ring& ring = board.ring();
  std::string wrong;
  for (std::uint64_t q = ring.base(); q < ring.end(); ++q) {
    const chora::Row& row = ring.row(q);
    if ((row.decided | row.held) == 0) continue;
    if (rounds_.size() <= q) rounds_.resize(q + 64);
    Round& round = rounds_[q];
    round.digests.resize(replicas_);
    round.holders.resize(replicas_);
    const std::uint64_t both = round.decided & row.decided;
    if (((round.batches ^ row.batches) & both) != 0) {
      wrong = absl::StrCat("two decisions in round ", q);
    }
    decisions_ += chora::CountBits(row.decided & ~round.decided);
    chora::ForEachBit(row.batches & ~round.batches, [&](std::uint32_t lane) {
      fresh_.push_back({q, lane});
    });
    round.decided |= row.decided;
    round.batches |= row.batches;
    chora::ForEachBit(row.held, [&](std::uint32_t lane) {
      round.holders[lane] |= chora::Bit(replica);
      const std::uint64_t digest = ring.slot({q, lane}).batch.Digest() | 1;
      if (round.digests[lane] != 0 && round.digests[lane] != digest) {
        wrong = absl::StrCat("two batches in round ", q, " lane ", lane);
      }
      round.digests[lane] = digest;
    });
  }
  return wrong;
}

std::string Witness::Hear(const core::effect::Note& note) {
  if (note.kind == core::NoteKind::kCommitted) return Agree(committed_, note, "order");
  if (note.kind == core::NoteKind::kState) return Agree(states_, note, "state");
  return "";
}

std::string Witness::Agree(std::map<std::uint64_t, std::uint64_t>& known,
                           const core::effect::Note& note, const std::string& what) {
  const auto [found, is_new] = known.try_emplace(note.values.first, note.digest);
  if (is_new || found->second == note.digest) return "";
  return absl::StrCat("another ", what, " at position ", note.values.first);
}

std::string Witness::CheckQuorums() {
  std::string wrong;
  for (const chora::SlotName name : fresh_) {
    if (chora::CountBits(rounds_[name.round].holders[name.lane]) >= quorum_) continue;
    wrong = absl::StrCat("fewer than a quorum hold the decided batch of round ", name.round,
                         " lane ", name.lane);
  }
  fresh_.clear();
  return wrong;
}

}  // namespace lockstep::tests
