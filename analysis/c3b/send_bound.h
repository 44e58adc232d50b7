// How many sends of a message can be necessary, whatever goes wrong within the budget.
//
// Counted are a message's sends that the network did not destroy, up to and including the first
// between correct nodes. All but that last one have a faulty end; a pair with a faulty end counts
// once, and one of a faulty sender only where some attempt designates it (a liar may send anything
// to anybody). So with B such pairs at most B + 1 sends are counted.
//
// Attempts t and t + L, L = lcm(n_s, n_r), are of the same pair, so t is taken in [0, L). At most
// u_s senders and u_r receivers are faulty, F = u_s + u_r. Two bounds hold for what the rule of
// complaints (complaints.h) and the schedule (schedule.h) allow, and the lesser one is judged by:
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
// Source: the Picsou paper's bound on resends.

#pragma once

#include <cstdint>
#include <span>

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

  SendBound(const Schedule& schedule, std::uint64_t faulty_senders, std::uint64_t faulty_receivers);

  // Of a message in `lane`, `failed` are the pairs with a faulty end that it was sent between, each
  // any number of times, and `is_settled` says that a send between correct nodes came after them.
  Judgement Judge(std::uint64_t lane, std::span<const Pair> failed, bool is_settled) const;
  // Sends that are within the bound of every message.
  std::uint64_t always_kept() const { return always_kept_; }

 private:
  // The attempt in [0, L) that designates this pair; L where there is none.
  std::uint64_t AttemptOf(std::uint64_t lane, const Pair& pair) const;

  Schedule schedule_;
  std::uint64_t faults_;  // F
  std::uint64_t of_lap_;  // the first bound
  std::uint64_t always_kept_;
};

}  // namespace lockstep::analysis
