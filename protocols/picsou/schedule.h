// Who sends what to whom.
//
// A pure function of position and attempt, the same at every replica. Source: the Picsou paper,
// sections 4.1 (rotation), 4.2 (retransmitter) and 5 (stake), with positions and replicas counted
// from 0. Without stake:
//   attempt 0: sender i = k′ mod n_s, receiver j = (i + floor(k′ / n_s)) mod n_r
//   attempt t: sender (i + t) mod n_s, receiver (j + t) mod n_r
// After the last pairing the rule starts over, so that liveness outlives the bound on resends.
// A cluster's replicas are counted in the order of their positions (core::Cluster), which is that
// of their indices unless a source that everybody can verify has drawn another.
//
// With stake a replica is as if it were several: a quantum of q = min(D, 1024) *slots*, where D is
// the sum of the stakes divided by what divides them all, is shared out (core/apportion.h), a
// replica's slots side by side, and attempt 0 is as above with slots in place of replicas. In a
// cluster of more than 1024 replicas there are as many slots as these, if D allows.
//
// Attempts where either side has stake: both are scaled to lcm(D_s, D_r), and pairings use stake
// up. The first is of the message's first sender and first receiver, with all of their stake; each
// uses the lesser of what its two have left, and whoever has none left is followed by the next
// replica. When all is used up the rule starts over: after n_s + n_r - 1 pairings at
// most, each of another pair. Who has no stake has no turn, and is passed over.

#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "protocols/core/program.h"
#include "protocols/core/run.h"
#include "protocols/core/seq_set.h"

namespace lockstep::picsou {

// The turns of one cluster: slot -> replica.
class Turns {
 public:
  static constexpr std::uint64_t kQuantumMost = 1024;

  explicit Turns(std::uint64_t replicas) : replicas_(replicas), slots_(replicas) {}
  explicit Turns(const core::Cluster& cluster);

  std::uint64_t replicas() const { return replicas_; }
  std::uint64_t slots() const { return slots_; }
  // Slots Begin(replica) .. Begin(replica) + Share(replica) - 1 are its own; there may be none.
  std::uint64_t Begin(std::uint64_t replica) const {
    return begins_.empty() ? replica : begins_[replica];
  }
  std::uint64_t Share(std::uint64_t replica) const {
    return shares_.empty() ? 1 : shares_[replica];
  }
  std::uint64_t ShareMost() const;
  std::uint64_t ReplicaAt(std::uint64_t slot) const {
    return replica_at_.empty() ? slot : replica_at_[slot];
  }
  // Who is so many positions behind `replica`.
  std::uint64_t After(std::uint64_t replica, std::uint64_t positions) const {
    if (place_.empty()) return (replica + positions) % replicas_;
    return order_[(place_[replica] + positions) % replicas_];
  }

 private:
  std::uint64_t replicas_;
  std::uint64_t slots_;
  // Of each replica; empty: a slot each, by index.
  std::vector<std::uint32_t> begins_;
  std::vector<std::uint32_t> shares_;      // empty: a slot each
  std::vector<std::uint32_t> replica_at_;  // replica_at_[slot]; empty: by index
  std::vector<std::uint32_t> order_;       // order_[position]: a replica; empty: by index
  std::vector<std::uint32_t> place_;       // place_[replica]: its position
};

class Schedule {
 public:
  struct Pair {
    std::uint64_t sender = 0;
    std::uint64_t receiver = 0;
    friend bool operator==(const Pair&, const Pair&) = default;
  };

  // Without stake.
  Schedule(std::uint64_t senders, std::uint64_t receivers);
  Schedule(const core::Cluster& senders, const core::Cluster& receivers);

  std::uint64_t senders() const { return senders_.replicas(); }
  std::uint64_t receivers() const { return receivers_.replicas(); }
  // Positions so far apart have the same pairs at all attempts. By stake there may be too many
  // pairs of slots for that to be of use: then it is 1, and what is held of the stream is held
  // densely.
  std::uint64_t lanes() const { return lanes_; }
  bool is_dense() const { return is_dense_; }
  // Of a core::SeqSet for positions of this stream.
  std::uint64_t set_period() const { return is_dense_ ? core::SeqSet::kDense : lanes_; }
  // Of the positions `position`, `position` + lanes(), ... so many have the same pairs at all
  // attempts.
  std::uint64_t Alike(std::uint64_t position) const;

  Pair PairOf(std::uint64_t position, std::uint64_t attempt) const;
  std::uint64_t Sender(std::uint64_t position, std::uint64_t attempt) const {
    return PairOf(position, attempt).sender;
  }
  std::uint64_t Receiver(std::uint64_t position, std::uint64_t attempt) const {
    return PairOf(position, attempt).receiver;
  }

  // How many of each quantum are a sender's own in the first place.
  std::uint64_t Share(std::uint64_t sender) const { return senders_.Share(sender); }
  // Whether any of a quantum go to a receiver in the first place.
  bool HasShare(std::uint64_t receiver) const { return receivers_.Share(receiver) > 0; }
  bool has_stake() const { return !sender_stake_.empty(); }
  // How many runs a stretch of positions as long as the rotation falls into.
  std::uint64_t runs_of_turn() const { return is_dense_ ? senders_.slots() : lanes_; }
  // A sender's i-th own position; it must have a share.
  std::uint64_t Own(std::uint64_t sender, std::uint64_t i) const {
    const std::uint64_t share = senders_.Share(sender);
    return senders_.slots() * (i / share) + senders_.Begin(sender) + i % share;
  }
  // How many of its own are below `position`.
  std::uint64_t OwnBelow(std::uint64_t sender, std::uint64_t position) const {
    const std::uint64_t share = senders_.Share(sender);
    const std::uint64_t slot = position % senders_.slots();
    const std::uint64_t begin = senders_.Begin(sender);
    return position / senders_.slots() * share + std::min(share, slot - std::min(slot, begin));
  }
  // Calls `visit(run, receiver)` for its own positions from the i-th on, `count` of them, in runs
  // with one receiver each: of stride lanes(), in ascending order within each lane; or, where these
  // are dense, of any stride, those of each receiver in ascending order.
  template <typename Visit>
  void ForEachOwnRun(std::uint64_t sender, std::uint64_t i, std::uint64_t count,
                     Visit&& visit) const {
    if (is_dense_) {
      for (const OwnRun& own : DenseOwnRuns(sender, i, count)) visit(own.run, own.receiver);
      return;
    }
    // So many own positions later the lane is the same again.
    const std::uint64_t turn = senders_.Share(sender) * (lanes_ / senders_.slots());
    for (std::uint64_t j = 0; j < turn && j < count; ++j) {
      const core::Run run{Own(sender, i + j), (count - j + turn - 1) / turn, lanes_};
      visit(run, static_cast<std::uint32_t>(FirstOf(run.first).receiver));
    }
  }

 private:
  std::uint64_t ReceiverSlot(std::uint64_t position) const {
    return (position % senders_.slots() + position / senders_.slots()) % receivers_.slots();
  }
  Pair FirstOf(std::uint64_t position) const {
    return {senders_.ReplicaAt(position % senders_.slots()),
            receivers_.ReplicaAt(ReceiverSlot(position))};
  }
  Pair ByStake(const Pair& first, std::uint64_t attempt) const;
  // The next behind `replica` who has stake.
  static std::uint64_t Next(const Turns& turns, const std::vector<std::uint64_t>& stake,
                            std::uint64_t replica);
  struct OwnRun {
    core::Run run;
    std::uint32_t receiver = 0;
  };
  // Of a quantum, a sender's own positions that go to one receiver are side by side; one each
  // quantum at most, where either has one slot, so that these are a run.
  std::vector<OwnRun> DenseOwnRuns(std::uint64_t sender, std::uint64_t i,
                                   std::uint64_t count) const;

  Turns senders_;
  Turns receivers_;
  std::uint64_t lanes_;
  bool is_dense_ = false;
  // Scaled to the same sum; empty: no stake.
  std::vector<std::uint64_t> sender_stake_;
  std::vector<std::uint64_t> receiver_stake_;
};

}  // namespace lockstep::picsou
