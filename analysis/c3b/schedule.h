// Who should send what to whom, by the paper's rules.
//
// Without stake: k′ is sent first by replica k′ mod n_s, to receiver
// (k′ mod n_s + floor(k′ / n_s)) mod n_r; attempt t moves both on by t. Replicas are counted in the
// order of their positions, wherever the recipe says that these are not by index.
//
// With stake, on whichever side: a cluster's turns are the first q = min(D, 1024) messages of each
// quantum, D being its stake without common divisors (and q no less than its size where D is not);
// Hamilton's method says how many of them are whose, and they follow each other by position. k′ is
// sent first by whose turn s = k′ mod q_s is, to whose turn (s + floor(k′ / q_s)) mod q_r is.
// Attempts go round a ring on which every replica has an arc as long as its stake, scaled so that
// both clusters have the same ring: the senders' begins with the first sender, the receivers' with
// the first receiver, each in the order of positions, and attempt t is the t-th piece in which
// neither changes. A lap is over where the ring is. Without stake a replica has no turn, and no
// arc.
//
// By the artifact's rule, where the promises of a stream say so, it is a list for each message that
// ends: artifact_lists.h.
//
// Source: the Picsou paper, on who sends to whom and on stake. Written from that, not from
// protocols/picsou.

#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <numeric>
#include <vector>

#include "analysis/c3b/artifact_lists.h"
#include "analysis/recipe.h"
#include "protocols/core/program.h"
#include "protocols/core/run.h"
#include "protocols/core/seq_set.h"

namespace lockstep::analysis {

class Schedule {
 public:
  // A piece of the ring: who sends to whom, and how long it is.
  struct Piece {
    std::uint32_t sender = 0;
    std::uint32_t receiver = 0;
    std::uint64_t stake = 0;
  };
  using Lap = std::vector<Piece>;  // by attempt

  Schedule(std::uint64_t senders, std::uint64_t receivers);
  Schedule(const core::Cluster& senders, const core::Cluster& receivers);
  // By the artifact's rule.
  static Schedule OfArtifact(const core::Cluster& senders, const core::Cluster& receivers);

  std::uint64_t senders() const { return senders_; }      // n_s
  std::uint64_t receivers() const { return receivers_; }  // n_r
  bool has_stake() const { return is_by_stake_; }
  // Whether attempts end, as the artifact's do.
  bool is_artifact() const { return artifact_ != nullptr; }
  // Of the schedule's lanes: k′ so far apart have the same first sender. Without stake, and where
  // turns are few, the same pairs at all attempts; see ForEachPart.
  std::uint64_t lanes() const { return lanes_; }
  // Lanes for a set of k′: those of the rotation, where a replica's share is an interval. In huge
  // clusters, whose shares are short, those of the senders' turns alone do. Where turns are many it
  // comes in runs of all strides, and the set is to be dense.
  std::uint64_t set_lanes() const {
    if (artifact_ != nullptr) return artifact_set_lanes_;
    return is_by_stake_ || lanes_ <= kLanesMost ? lanes_ : senders_;
  }
  bool is_dense() const { return is_by_stake_ && lanes_ != period(); }
  // Of a core::SeqSet for k′ of the stream.
  std::uint64_t set_period() const { return is_dense() ? core::SeqSet::kDense : set_lanes(); }
  // Lanes for what is told of k′ in φ-lists, which come from such sets.
  std::uint64_t list_lanes() const { return is_dense() ? 1 : lanes_; }
  // k′ so far apart have the same pairs at all attempts.
  std::uint64_t period() const {
    return artifact_ != nullptr ? artifact_->period() : sender_turns() * receiver_turns();
  }
  // What stake of a sender, or of a receiver, is multiplied by on the ring.
  std::uint64_t sender_scale() const { return sender_scale_; }
  std::uint64_t receiver_scale() const { return receiver_scale_; }

  // Distinct pairs of one message: afterwards the rule starts over, or there is no more.
  std::uint64_t pairings(std::uint64_t number) const {
    if (artifact_ != nullptr) return artifact_->ListOf(number).size();
    return is_by_stake_ ? LapOf(number)->size() : std::lcm(senders_, receivers_);
  }
  // Index within its cluster of the designated replica of attempt `t`; 0 is the original send.
  // By the artifact's rule the original send alone is asked for by number.
  std::uint64_t Sender(std::uint64_t number, std::uint64_t t) const {
    if (artifact_ != nullptr && t == 0) return artifact_->FirstSender(number);
    if (!is_by_stake_) return WhoIsAt(whose_sending_turn_, (number + t) % senders_);
    return t == 0 ? FirstSender(number) : PieceAt(number, t).sender;
  }
  std::uint64_t Receiver(std::uint64_t number, std::uint64_t t) const {
    if (artifact_ != nullptr && t == 0) return artifact_->FirstReceiver(number);
    if (!is_by_stake_)
      return WhoIsAt(whose_receiving_turn_,
                     (number % senders_ + number / senders_ + t) % receivers_);
    return t == 0 ? FirstReceiver(number) : PieceAt(number, t).receiver;
  }
  // The first attempt t >= 1 that designates `sender`; 0 where none does.
  std::uint64_t FirstAttemptOf(std::uint64_t sender, std::uint64_t number) const {
    std::uint64_t first = 0;
    ForEachTurn(sender, number, [&](std::uint64_t t, std::uint64_t) {
      first = t;
      return false;
    });
    return first;
  }
  // Calls `visit(t, receiver)` for the attempts t >= 1 that designate `sender`, from the first on,
  // until it returns false.
  template <typename Visit>
  void ForEachTurn(std::uint64_t sender, std::uint64_t number, Visit&& visit) const {
    if (artifact_ != nullptr) {
      for (const ArtifactLists::Entry& entry : artifact_->ListOf(number)) {
        const bool is_its = entry.sender == sender && entry.turn > 0;
        if (is_its && !visit(entry.turn, std::uint64_t{entry.receiver})) return;
      }
      return;
    }
    if (!is_by_stake_) {
      std::uint64_t t = (PlaceOf(sender) + senders_ - number % senders_) % senders_;
      if (t == 0) t = senders_;
      while (visit(t, Receiver(number, t))) t += senders_;
      return;
    }
    const std::shared_ptr<const Lap> lap = LapOf(number);
    // Everybody with stake has a turn in every lap, so this ends.
    bool has_turns = false;
    for (std::uint64_t t = 1; has_turns || t <= lap->size(); ++t) {
      const Piece& piece = (*lap)[t % lap->size()];
      if (piece.sender != sender) continue;
      has_turns = true;
      if (!visit(t, std::uint64_t{piece.receiver})) return;
    }
  }
  // Whether this pair is the first of all k′ of a run; cheap where these are in a row.
  bool IsFirstPair(std::uint64_t sender, std::uint64_t receiver, const core::Run& run) const;
  // The attempt of the first lap that designates this pair; as many as there are if none does.
  std::uint64_t AttemptOf(std::uint64_t sender, std::uint64_t receiver, std::uint64_t number) const;
  // Of a message, by stake.
  std::shared_ptr<const Lap> LapOf(std::uint64_t number) const;

  // Splits a run by lanes, and within these where the pairs change. Calls `visit(lane, begin, end)`
  // with half-open intervals of indices in the lane, all of whose k′ have the same pairs at all
  // attempts.
  template <typename Visit>
  void ForEachPart(const core::Run& run, Visit&& visit) const {
    core::ForEachLane(run, lanes_, [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t end) {
      while (begin < end) {
        const std::uint64_t part_end = std::min(end, begin + Alike(lane + lanes_ * begin));
        visit(lane, begin, part_end);
        begin = part_end;
      }
    });
  }

 private:
  static constexpr std::uint64_t kLanesMost = 4096;

  static std::uint64_t WhoIsAt(const std::vector<std::uint32_t>& whose, std::uint64_t turn) {
    return whose.empty() ? turn : whose[turn];
  }
  std::uint64_t PlaceOf(std::uint64_t sender) const {
    return sender_place_.empty() ? sender : sender_place_[sender];
  }
  std::uint64_t sender_turns() const {
    return whose_sending_turn_.empty() ? senders_ : whose_sending_turn_.size();
  }
  std::uint64_t receiver_turns() const {
    return whose_receiving_turn_.empty() ? receivers_ : whose_receiving_turn_.size();
  }
  std::uint64_t ReceivingTurn(std::uint64_t number) const {
    return (number % sender_turns() + number / sender_turns()) % receiver_turns();
  }
  std::uint64_t FirstSender(std::uint64_t number) const {
    return WhoIsAt(whose_sending_turn_, number % sender_turns());
  }
  std::uint64_t FirstReceiver(std::uint64_t number) const {
    return WhoIsAt(whose_receiving_turn_, ReceivingTurn(number));
  }
  Piece PieceAt(std::uint64_t number, std::uint64_t t) const {
    const std::shared_ptr<const Lap> lap = LapOf(number);
    return (*lap)[t % lap->size()];
  }
  // So many k′ from `number` on in its lane have the same pairs. Below 2^62, so that sums stay
  // numbers.
  std::uint64_t Alike(std::uint64_t number) const;

  std::uint64_t senders_;
  std::uint64_t receivers_;
  std::uint64_t lanes_;
  std::shared_ptr<const ArtifactLists> artifact_;  // null: the paper's rule
  std::uint64_t artifact_set_lanes_ = 1;
  bool is_by_stake_ = false;
  std::uint64_t sender_scale_ = 1;
  std::uint64_t receiver_scale_ = 1;
  std::vector<std::uint32_t> sender_stake_;  // of each, where the schedule is by stake
  std::vector<std::uint32_t> receiver_stake_;
  std::vector<std::uint32_t> whose_sending_turn_;  // by turn; empty: a turn each, by index
  std::vector<std::uint32_t> whose_receiving_turn_;
  // From each turn on, so many in a row are the same replica's; empty: one each.
  std::vector<std::uint32_t> sending_turns_left_;
  std::vector<std::uint32_t> receiving_turns_left_;
  std::vector<std::uint32_t> sender_order_;  // by position
  std::vector<std::uint32_t> receiver_order_;
  std::vector<std::uint32_t> sender_place_;  // position of each; empty: its index
  // Laps that were asked for lately, by first sender and first receiver.
  mutable std::map<std::uint64_t, std::shared_ptr<const Lap>> laps_;
};

// Of a stream. Who counts no QUACKs takes no notice of stake.
Schedule ScheduleOf(const Recipe& recipe, const Stream& stream);

}  // namespace lockstep::analysis
