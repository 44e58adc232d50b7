// Who sends what to whom in the published artifact of Picsou (`rule: artifact`), defects included.
//
// A pure function of the position, the same at every replica. Positions and replicas count from 0.
// All of it repeats after P positions, the next power of two above q^2 (q - 1), q being the
// quantum; k stands for k′ mod P.
//
// *Equal*: clusters of one size n without stake; q = n.
//   turn 0: sender i = k mod n, receiver j = (i + floor(k / n)) mod n
//   turn t: sender (i + d) mod n, receiver (j + d) mod n, where d is the t-th of o + 1, o + 2, ...
//           that n does not divide, and o = floor(k / n^2) mod (n - 1)
// There are u_s + u_r + 1 turns. Since P is no multiple of n^2 but for a power of two, senders do
// not take turns where the schedule starts over.
//
// *Unequal*, of size or stake: q = min(lcm of the totals, 1024) slots on both sides, a replica's
// side by side. Shares are floors of stake / (total / q), in floating point, and what is left goes
// one each to the *smallest* remainders, so that a share may be zero. Turn 0 is as above with slots
// in place of replicas. Stake is scaled to the lcm of the totals, and pairings use it up: the first
// is of the first sender and the first receiver, with all of their stake; each uses the lesser of
// what its two have left, and whoever has none left is followed by the next by index. There are as
// many turns as it takes to use u_s psi_s + u_r psi_r + 1, psi being the scales.
//
// The turns of a replica count as consecutive from its first one, wherever they stand in the list.
//
// Source: the artifact (message_scheduler.cpp), as its running program was measured.
// That the list of unequal clusters begins with all of their stake, and knows no o, is read from
// how it says that stake is used up.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/container/inlined_vector.h"

#include "protocols/core/program.h"

namespace lockstep::picsou {

// How many of `quantum` messages fall to each: see the head of the file.
std::vector<std::uint64_t> ArtifactShares(std::span<const std::uint64_t> stake,
                                          std::uint64_t quantum);

class ArtifactSchedule {
 public:
  static constexpr std::uint64_t kQuantumMost = 1024;

  struct Pair {
    std::uint32_t sender = 0;
    std::uint32_t receiver = 0;
    friend bool operator==(const Pair&, const Pair&) = default;
  };
  using List = absl::InlinedVector<Pair, 8>;  // by turn
  // The turns of one replica: `first`, `first` + 1, ... are to these receivers.
  struct Turns {
    std::uint64_t first = 0;
    absl::InlinedVector<std::uint32_t, 4> receivers;  // empty: it has no turn

    // Whether turn t is one of these.
    bool Has(std::uint64_t t) const { return t >= first && t - first < receivers.size(); }
  };

  ArtifactSchedule(const core::Cluster& senders, const core::Cluster& receivers);

  std::uint64_t period() const { return period_; }  // P
  // The own positions of a pair of replicas come in runs of this stride: of lanes that serve as
  // those of a LaneLine.
  std::uint64_t stride() const { return stride_; }

  // Of turn 0.
  std::uint32_t Sender(std::uint64_t position) const { return sender_at_[SendingSlot(position)]; }
  std::uint32_t Receiver(std::uint64_t position) const {
    return receiver_at_[ReceivingSlot(position)];
  }
  // Whom each turn is of, turn 0 included.
  List ListOf(std::uint64_t position) const;
  Turns TurnsOf(std::uint64_t position, std::uint32_t sender) const;

 private:
  std::uint64_t Reduced(std::uint64_t position) const { return position & (period_ - 1); }
  std::uint64_t SendingSlot(std::uint64_t position) const { return Reduced(position) % quantum_; }
  std::uint64_t ReceivingSlot(std::uint64_t position) const {
    const std::uint64_t k = Reduced(position);
    return (k % quantum_ + k / quantum_) % quantum_;
  }
  List EqualList(std::uint64_t position) const;
  List UnequalList(std::uint64_t position) const;

  bool is_equal_;
  std::uint64_t quantum_ = 1;
  std::uint64_t period_ = 1;  // a power of two
  std::uint64_t stride_ = 1;
  std::uint64_t needed_ = 1;                // turns, or scaled stake
  std::vector<std::uint32_t> sender_at_;    // by slot
  std::vector<std::uint32_t> receiver_at_;  // by slot
  // Scaled to the same sum; empty where the clusters are equal.
  std::vector<std::uint64_t> sender_stake_;
  std::vector<std::uint64_t> receiver_stake_;
};

}  // namespace lockstep::picsou
