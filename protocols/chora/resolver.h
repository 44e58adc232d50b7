// Ballot 1 of the lane before this replica's own: it is the first to mend a slot that the votes
// alone have not decided.
//
// A zero is a promise to ballot 1, and a one is all that there is to say of ballot 0, since only
// one batch can be chosen there: so a quorum of known votes, whichever they are, answers the first
// phase. With a one among them the batch may have been chosen, and nothing else may be proposed.
// Invariant: ballot 1 of a slot is used once. Chora-R, a reconstruction; the paper's body was not
// available.

#pragma once

#include <algorithm>
#include <cstdint>

#include "protocols/chora/board.h"

namespace lockstep::chora {

class Resolver {
 public:
  Resolver(Board& board, std::uint32_t depth)
      : board_(board),
        depth_(depth),
        lane_((board.self() + board.replicas() - 1) % board.replicas()) {}

  // Looks at the slots of its lane that have been open for a round, in own round `now`. Calls
  // `visit(SlotName)` for each that it has proposed a value for.
  template <typename Visit>
  void Run(std::uint64_t now, Visit&& visit) {
    if (now < 2 * depth_) return;
    for (std::uint64_t q = FirstOpen(); q <= now - 2 * depth_ && board_.IsActable(q); ++q) {
      if (Has(board_.Undecided(q), lane_) && Resolve({q, lane_})) visit(SlotName{q, lane_});
    }
  }

 private:
  std::uint64_t FirstOpen() const {
    return std::max({board_.frontier(), board_.ring().base(), board_.first_allowed()});
  }
  bool Resolve(SlotName name) {
    Row& row = board_.ring().row(name.round);
    Slot& slot = board_.ring().slot(name);
    if (Has(row.resolved, lane_) || slot.promised > 1) return false;
    const bool is_held = Has(row.held, lane_);
    Value value = Value::kBatch;
    if (CountBits(slot.known & ~slot.ones) >= board_.quorum()) {
      value = is_held ? Value::kBatch : Value::kNoop;
    } else if (CountBits(slot.known) < board_.quorum() || slot.ones == 0) {
      return false;
    } else if (!is_held) {
      board_.Want(name);
      return false;
    }
    if (!board_.Accept(name, 1, value)) return false;
    row.resolved |= Bit(lane_);
    row.proposing |= Bit(lane_);
    Contest& contest = slot.EnsureContest();
    contest.ballot = 1;
    contest.value = value;
    return true;
  }

  Board& board_;
  std::uint64_t depth_;
  std::uint32_t lane_;
};

}  // namespace lockstep::chora
