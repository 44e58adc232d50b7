// Ballots of 2 and above: see proposer.h.

#include "protocols/chora/proposer.h"

namespace lockstep::chora {

bool Proposer::IsTime(SlotName name, std::uint64_t now) const {
  const Contest* contest = board_.ring().slot(name).contest.get();
  if (contest != nullptr && now < contest->next_try) return false;
  if (contest != nullptr && contest->backoff > 0) return true;
  const std::uint32_t n = board_.replicas();
  const std::uint64_t rank = (board_.self() + 2 * n - name.lane - 2) % n;
  const std::uint64_t since = std::max(name.round, board_.ring().row(name.round).opened_at);
  return now >= since + 8 * depth_ + 4 * depth_ * rank;
}

void Proposer::Try(SlotName name, std::uint64_t now) {
  Slot& slot = board_.ring().slot(name);
  Contest& contest = slot.EnsureContest();
  const std::uint32_t n = board_.replicas();
  const std::uint32_t seen = std::max({contest.ballot_seen, slot.promised, 1U});
  // The least ballot above it that is this replica's.
  const std::uint32_t residue = (board_.self() + n - name.lane) % n;
  const std::uint32_t ballot = seen + 1 + (residue + n - (seen + 1) % n) % n;

  contest.ballot = ballot;
  contest.ballot_seen = ballot;
  contest.promised = 0;
  contest.best = -1;
  contest.payload_sent = 0;
  contest.prepare_due = board_.all() & ~Bit(board_.self());
  const auto depth = static_cast<std::uint32_t>(depth_);
  contest.backoff =
      contest.backoff == 0 ? 8 * depth : std::min(2 * contest.backoff, kBackoffMax * depth);
  contest.next_try = now + contest.backoff;
  Row& row = board_.ring().row(name.round);
  row.preparing |= Bit(name.lane);
  row.proposing &= ~Bit(name.lane);
  board_.MarkActed(name.round);
  if (board_.Promise(name, ballot)) {
    OnPromise(name, board_.self(), ballot, slot.accepted, slot.accepted_value);
  }
}

void Proposer::OnPromise(SlotName name, std::uint32_t from, std::uint32_t ballot,
                         std::int32_t accepted, Value value) {
  Contest* contest = board_.ring().slot(name).contest.get();
  const bool is_awaited = contest != nullptr && contest->ballot == ballot &&
                          Has(board_.ring().row(name.round).preparing, name.lane);
  if (!is_awaited) return;
  contest->promised |= Bit(from);
  if (accepted >= 0 && value == Value::kBatch) contest->holders |= Bit(from);
  if (accepted <= contest->best) return;
  contest->best = accepted;
  contest->best_value = value;
}

bool Proposer::Propose(SlotName name) {
  Contest& contest = board_.ring().slot(name).EnsureContest();
  if (CountBits(contest.promised) < board_.quorum()) return false;
  const bool is_held = board_.IsHeld(name);
  const Value free = is_held ? Value::kBatch : Value::kNoop;
  const Value value = contest.best >= 0 ? contest.best_value : free;
  if (value == Value::kBatch && !is_held) {
    board_.Want(name);
    return false;
  }
  contest.value = value;
  Row& row = board_.ring().row(name.round);
  row.preparing &= ~Bit(name.lane);
  row.proposing |= Bit(name.lane);
  board_.MarkActed(name.round);
  return board_.Accept(name, contest.ballot, value);
}

void Proposer::OnBallot(SlotName name, std::uint32_t ballot, std::uint64_t now) {
  Contest& contest = board_.ring().slot(name).EnsureContest();
  if (ballot <= contest.ballot_seen) return;
  contest.ballot_seen = ballot;
  if (jitter_for_ != now) {
    // One draw a round, so that slots which go together stay together.
    jitter_ = random_.Below(kJitterUnit + 1);
    jitter_for_ = now;
  }
  const std::uint64_t span = std::max<std::uint64_t>(4 * depth_, contest.backoff / 2);
  contest.next_try = std::max(contest.next_try, now + span + span * jitter_ / kJitterUnit);
}

}  // namespace lockstep::chora
