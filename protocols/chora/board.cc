// Slots, votes, decisions, frontier: see board.h.

#include "protocols/chora/board.h"

#include <algorithm>

#include "protocols/chora/batch.h"
#include "protocols/core/check.h"

namespace lockstep::chora {

Board::Board(const Config& config, std::uint32_t self)
    : self_(self),
      replicas_(config.replicas()),
      quorum_(config.quorum()),
      all_(config.lanes()),
      hard_window_(config.hard_window),
      checkpoint_rounds_(config.checkpoint_rounds),
      ring_(config.replicas(), config.ring_rounds),
      lanes_(config.replicas(), config.quorum(), config.alpha, config.ring_rounds) {}

void Board::Store(SlotName name, const core::Bytes& batch) {
  Row& row = ring_.row(name.round);
  if (Has(row.held, name.lane)) return;
  row.held |= Bit(name.lane);
  row.wanted &= ~Bit(name.lane);
  ring_.slot(name).batch = batch;
}

void Board::CountVote(SlotName name, std::uint32_t voter, bool is_one) {
  Slot& slot = ring_.slot(name);
  if (Has(slot.known, voter)) return;
  slot.known |= Bit(voter);
  if (!is_one) return;
  slot.ones |= Bit(voter);
  // The proposal was its owner's vote.
  slot.known |= Bit(name.lane);
  slot.ones |= Bit(name.lane);
  if (CountBits(slot.ones) >= quorum_) Decide(name, Value::kBatch, 0);
}

void Board::CountAcceptance(SlotName name, std::uint32_t acceptor, std::uint32_t ballot,
                            Value value) {
  Contest& contest = ring_.slot(name).EnsureContest();
  contest.ballot_seen = std::max(contest.ballot_seen, ballot);
  if (value == Value::kBatch) contest.holders |= Bit(acceptor);
  auto tally = std::find_if(contest.tallies.begin(), contest.tallies.end(),
                            [&](const Tally& t) { return t.ballot == ballot; });
  if (tally == contest.tallies.end()) {
    tally = contest.tallies.insert(tally, Tally{ballot, value, 0});
  } else if (tally->value != value) {
    // One proposer per ballot has one value: somebody has forgotten what it did.
    news_.push_back({SlotNews::Kind::kSecond, name, ballot, value});
    return;
  }
  tally->acceptors |= Bit(acceptor);
  if (CountBits(tally->acceptors) >= quorum_) Decide(name, value, ballot);
}

void Board::Decide(SlotName name, Value value, std::uint32_t ballot, bool is_told) {
  Row& row = ring_.row(name.round);
  if (Has(row.decided, name.lane)) {
    const bool is_same = Has(row.batches, name.lane) == (value == Value::kBatch);
    if (!is_same) news_.push_back({SlotNews::Kind::kSecond, name, ballot, value});
    return;
  }
  row.decided |= Bit(name.lane);
  if (value == Value::kBatch) {
    row.batches |= Bit(name.lane);
    if (!Has(row.held, name.lane)) Want(name);
  }
  const bool is_by_votes = value == Value::kBatch && ballot == 0 && !is_told;
  if (!is_by_votes) news_.push_back({SlotNews::Kind::kByBallot, name, ballot, value});
}

void Board::Want(SlotName name) {
  Row& row = ring_.row(name.round);
  if (Has(row.held, name.lane) || Has(row.wanted, name.lane)) return;
  row.wanted |= Bit(name.lane);
  wanted_.push_back(name);
}

bool Board::MayPropose(std::uint64_t round) const {
  if (!IsActable(round)) return false;
  const Row& row = ring_.row(round);
  if (Has(row.voted, self_) || Has(row.held, self_)) return false;
  return ring_.slot({round, self_}).promised == 0;
}

void Board::Propose(std::uint64_t round, const core::Bytes& batch) {
  CHECK(MayPropose(round));
  Row& row = ring_.row(round);
  row.voted |= Bit(self_);
  row.ones |= Bit(self_);
  Slot& slot = ring_.slot({round, self_});
  slot.accepted = 0;
  slot.accepted_value = Value::kBatch;
  Store({round, self_}, batch);
  MarkActed(round);
  CountVote({round, self_}, self_, true);
}

void Board::CastRound(std::uint64_t round, std::uint64_t now) {
  Row& row = ring_.row(round);
  row.opened_at = now;
  MarkActed(round);
  const std::uint64_t fresh = all_ & ~row.voted;
  row.voted = all_;
  ForEachBit(fresh, [&](std::uint32_t lane) {
    Slot& slot = ring_.slot({round, lane});
    const bool is_one = Has(row.held, lane) && slot.promised == 0;
    if (is_one) {
      row.ones |= Bit(lane);
      slot.accepted = 0;
      slot.accepted_value = Value::kBatch;
    } else {
      slot.promised = std::max(slot.promised, 1U);  // A zero promises to ballot 1.
    }
    CountVote({round, lane}, self_, is_one);
  });
}

void Board::CastOwnZero(SlotName name) {
  Row& row = ring_.row(name.round);
  if (Has(row.voted, name.lane)) return;
  row.voted |= Bit(name.lane);
  CountVote(name, self_, false);
}

bool Board::Accept(SlotName name, std::uint32_t ballot, Value value) {
  if (!IsActable(name.round)) return false;
  Slot& slot = ring_.slot(name);
  const bool is_repeated =
      ballot == slot.promised && slot.accepted == static_cast<std::int32_t>(ballot);
  if (ballot < slot.promised || is_repeated) return false;
  if (value == Value::kBatch && !IsHeld(name)) {
    Want(name);
    return false;
  }
  CastOwnZero(name);
  slot.promised = ballot;
  slot.accepted = static_cast<std::int32_t>(ballot);
  slot.accepted_value = value;
  Row& row = ring_.row(name.round);
  row.accepted |= Bit(name.lane);
  row.promise_due &= ~Bit(name.lane);
  MarkActed(name.round);
  CountAcceptance(name, self_, ballot, value);
  return true;
}

bool Board::Promise(SlotName name, std::uint32_t ballot) {
  if (!IsActable(name.round)) return false;
  Slot& slot = ring_.slot(name);
  if (ballot <= slot.promised) return false;
  slot.promised = ballot;
  CastOwnZero(name);
  MarkActed(name.round);
  return true;
}

bool Board::IsComplete(std::uint64_t round) const {
  const Row& row = ring_.row(round);
  const std::uint64_t active = lanes_.At(round);
  return (active & ~row.decided) == 0 && (active & row.batches & ~row.held) == 0;
}

std::uint64_t Board::AdvanceFrontier() {
  const std::uint64_t before = frontier_;
  std::vector<Reconf> changes;
  while (ring_.Contains(frontier_) && IsComplete(frontier_)) {
    const Row& row = ring_.row(frontier_);
    const std::uint64_t read = lanes_.At(frontier_) & row.batches;
    changes.clear();
    for (std::uint32_t i = 0; i < replicas_; ++i) {
      const std::uint32_t lane = RotatedLane(frontier_, i, replicas_);
      if (!Has(read, lane)) continue;
      const Batch batch(ring_.slot({frontier_, lane}).batch);
      if (!batch.has_reconfs()) continue;
      for (const Reconf& change : batch.Reconfs()) changes.push_back(change);
    }
    const std::uint64_t since = lanes_.end();
    const std::uint64_t changed = lanes_.Extend(changes);
    if (changed != 0) lane_changes_.push_back({since, changed});
    ++frontier_;
    if (frontier_ % checkpoint_rounds_ == 0) lane_states_.push_back(lanes_.Capture(frontier_));
  }
  return frontier_ - before;
}

void Board::JumpTo(const Lanes::State& state) {
  CHECK(state.round > frontier_);
  ring_.Truncate(state.round);
  lanes_.Restore(state);
  frontier_ = state.round;
  lane_states_.assign(1, state);
}

}  // namespace lockstep::chora
