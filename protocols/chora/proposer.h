// Ballots of 2 and above: what mends a slot when its owner and its resolver cannot.
//
// Classical Paxos, slot by slot: ask for promises, then propose the value that was accepted at the
// greatest ballot, or, where none was, a free choice. Ranks keep proposers from duelling: replica k
// tries lane j at 8D + 4D d rounds with d = (k - j - 2) mod N, so that the resolver, whose ballot 1
// is on its way, comes last. Times run from when the slot was opened here, not from its round:
// after a stall all old slots would be overdue for every rank at once.
//
// A try doubles the time to the next one, and a greater ballot heard postpones it by at least half
// of that time. So whoever is outbid gives way for longer each time, until one proposer is alone
// for as long as an exchange takes, however long: many slots whose ballots differ share small
// packets. (With steps of 4D, and at most 64 rounds between tries, four of seven that all were
// needed outbid each other for ever.)
//
// The proposer is an acceptor as well, and answers itself by the same rules. Chora-R, a
// reconstruction; the paper's body was not available.

#pragma once

#include <algorithm>
#include <cstdint>

#include "protocols/chora/board.h"
#include "protocols/core/random.h"

namespace lockstep::chora {

class Proposer {
 public:
  Proposer(Board& board, std::uint32_t depth, const core::Random& random)
      : board_(board), depth_(depth), random_(random) {}

  // Looks at all open slots in own round `now`: proposes where enough have promised, and asks for
  // promises where it is time, unless new tries must wait. Calls `visit(SlotName)` for each slot
  // that it has proposed a value for.
  template <typename Visit>
  void Run(std::uint64_t now, bool may_try, Visit&& visit) {
    if (now < depth_) return;
    const std::uint64_t first =
        std::max({board_.frontier(), board_.ring().base(), board_.first_allowed()});
    for (std::uint64_t q = first; q <= now - depth_ && board_.IsActable(q); ++q) {
      ForEachBit(board_.Undecided(q), [&](std::uint32_t lane) {
        const SlotName name{q, lane};
        if (Has(board_.ring().row(q).preparing, lane) && Propose(name)) visit(name);
        if (may_try && IsTime(name, now)) Try(name, now);
      });
    }
  }

  // `from` promises `ballot`, having accepted `value` at ballot `accepted` (-1: nothing).
  void OnPromise(SlotName name, std::uint32_t from, std::uint32_t ballot, std::int32_t accepted,
                 Value value);
  // Somebody has spoken of `ballot`.
  void OnBallot(SlotName name, std::uint32_t ballot, std::uint64_t now);

 private:
  // Rounds of L between two tries. A try ends the exchange that is under way, so this is longer
  // than one takes for all slots of the default window, with a ballot of its own for each.
  static constexpr std::uint32_t kBackoffMax = 1'024;
  static constexpr std::uint64_t kJitterUnit = 1'024;

  bool IsTime(SlotName name, std::uint64_t now) const;
  void Try(SlotName name, std::uint64_t now);
  bool Propose(SlotName name);

  Board& board_;
  std::uint64_t depth_;
  core::Random random_;
  std::uint64_t jitter_ = 0;  // of postponements in the round it was drawn for, in units
  std::uint64_t jitter_for_ = ~std::uint64_t{0};
};

}  // namespace lockstep::chora
