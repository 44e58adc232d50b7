// How many sends of a message can be necessary, whatever goes wrong within the budget.
//
// Counted are a message's sends that the network did not destroy, up to and including the first
// between correct nodes. All but that last one have a faulty end; a pair with a faulty end counts
// once, and one of a faulty sender only where some attempt designates it (a liar may send anything
// to anybody). So with B such pairs at most B + 1 sends are counted.
//
// Without stake. Attempts t and t + L, L = lcm(n_s, n_r), are of the same pair, so t is taken in
// [0, L). At most u_s senders and u_r receivers are faulty, F = u_s + u_r. Two bounds hold for what
// the rule of complaints (complaints.h) and the schedule (schedule.h) allow, and the lesser one is
// judged by:
//
// 1. B <= u_s L / n_s + u_r L / n_r, for in one lap each sender has L / n_s attempts, and each
//    receiver L / n_r. Whatever was lost, and in whatever order senders came to their attempts,
//    which each of them counts for itself: another lap has no other pairs. And B + 1 <= L, since
//    then some pair is not faulty; B <= L where none is left.
// 2. Where min(n_s, n_r) > F: let m - 1 be the greatest attempt of those B, and s = m - B those in
//    [0, m) that are not counted (they lost their message, or were not made before). Any F + 1
//    attempts in a row have different senders and different receivers, so one of them is between
//    correct nodes, and not among the B: s >= floor(m / (F + 1)). Hence m < (F + 1) (s + 1), and
//    B = m - s <= F (s + 1).
//
// With n_s = n_r = L the first says u_s + u_r + 1, the paper's bound, always. Otherwise the second
// does, as long as nothing was lost between correct nodes and no attempt was passed over (s = 0); a
// lap that losses force meets the same faulty receivers with other senders.
//
// With stake. A lap is a ring (schedule.h) of L pieces, each of another pair, and the attempts of
// another lap are of the same pairs. Faulty senders have arcs of u_s ψ_s together at most, ψ_s
// being their scale, and faulty receivers of u_r ψ_r, so the pieces with a faulty end are W = u_s
// ψ_s + u_r ψ_r long at most, all together. The B pairs are such pieces, each of them once. Let m -
// 1 be the greatest attempt among them: they are pieces of the first m, and no more than K(m) of
// these are no longer than W together, the shortest ones. So B <= K(m), whatever was lost, in
// whatever order and lap attempts were made. Where the first m are longer than W (else K(m) = m),
// fewer than m are counted: made in order and without a loss, attempts end with the first M + 1,
// where the first M are the most that W is as long as. These M + 1 are the paper's pairings until W
// + 1 is used; B <= K(max(m, M)) is what is judged. As 2 u < D on either side, W is less than the
// ring, and K(L) < L: some piece is between correct nodes.
//
// By the artifact's rule a message has a list of pairs that ends (artifact_lists.h), and no other
// pair is ever designated: so many sends, at most, are counted.
//
// Source: the Picsou paper's bound on resends, and its section on stake.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analysis/c3b/schedule.h"

namespace lockstep::analysis {

class SendBound {
 public:
  // Indices within the clusters.
  struct Pair {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    bool is_from_correct = false;
    friend bool operator==(const Pair&, const Pair&) = default;
  };
  struct Judgement {
    std::uint64_t sends = 0;  // that count
    std::uint64_t bound = 0;
    bool is_kept() const { return sends <= bound; }
  };

  // `faulty_...`: how many may be, or how much stake they may have.
  SendBound(const Schedule& schedule, std::uint64_t faulty_senders, std::uint64_t faulty_receivers);

  // Of k′ `number`, `failed` are the pairs with a faulty end that it was sent between, each any
  // number of times, and `is_settled` says that a send between correct nodes came after them.
  Judgement Judge(std::uint64_t number, std::span<const Pair> failed, bool is_settled) const;
  // Sends that are within the bound of every message.
  std::uint64_t always_kept() const { return always_kept_; }

 private:
  // `reach`: one past the greatest attempt; `designated`: attempts that are counted.
  std::uint64_t BoundOf(std::uint64_t number, std::uint64_t reach, std::uint64_t designated) const;
  std::uint64_t BoundByStake(const Schedule::Lap& lap, std::uint64_t reach) const;

  Schedule schedule_;
  std::uint64_t faults_;      // F; by stake W
  std::uint64_t of_lap_ = 0;  // the first bound, without stake
  std::uint64_t always_kept_ = 1;
};

}  // namespace lockstep::analysis
