// Notes of a boundary: see round_teller.h.

#include "protocols/chora/round_teller.h"

#include "protocols/chora/notes.h"
#include "protocols/chora/slot.h"

namespace lockstep::chora {
namespace {

void Note(core::NoteKind kind, const core::Run& rounds, std::uint64_t detail, core::Effects& out) {
  out.Note({kind, core::NodeId(), core::StreamId(), rounds, detail, 0});
}

}  // namespace

void RoundTeller::Vote(std::uint64_t round, std::uint64_t heard) {
  if (count_++ == 0) first_ = round;
  if (IsBlind(round)) {
    blind_.push_back({round, 1, 1});
    return;
  }
  const std::uint64_t missing = all_ & ~heard & ~Bit(self_);
  if (missing != 0) missed_.emplace_back(round, missing);
}

void RoundTeller::Tell(std::uint64_t round, core::Duration late_by, core::Effects& out) {
  Note(kRoundBegun, {round, 1, 1}, static_cast<std::uint64_t>(late_by.ps()), out);
  if (count_ > 0) {
    TellVotes(round, out);
  } else if (round >= depth_) {
    Note(kRoundSilent, {round, 1, 1}, 0, out);
  }
  count_ = 0;
}

void RoundTeller::TellVotes(std::uint64_t round, core::Effects& out) {
  if (count_ != 1 || first_ + depth_ != round) Note(kRoundVotes, {first_, count_, 1}, 0, out);
  // What was passed over is not voted on any more.
  if (has_voted_ && first_ > votes_end_)
    Note(kRoundBlind, {votes_end_, first_ - votes_end_, 1}, 0, out);
  has_voted_ = true;
  votes_end_ = first_ + count_;
  for (const core::Run& rounds : blind_) Note(kRoundBlind, rounds, 0, out);
  for (const auto& [missed, lanes] : missed_) Note(kRoundViolations, {missed, 1, 1}, lanes, out);
  blind_.clear();
  missed_.clear();
  if (votes_end_ >= ignored_end_) ignored_begin_ = ignored_end_ = 0;
}

}  // namespace lockstep::chora
