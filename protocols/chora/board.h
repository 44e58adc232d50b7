// What a replica knows of the slots in its window, and what it has done to them: votes,
// acceptances, decisions, and the frontier that follows from them.
//
// The board counts and keeps; it draws the conclusions that need no initiative: a quorum of ones
// decides the batch, a quorum of acceptances at one ballot its value. The resolver (ballot 1) and
// the proposer (ballots >= 2) act on it; the acceptor's part is here, since every role of a replica
// shares it.
//
// Invariants: a vote is cast once and never changed; what has been counted stays counted, whatever
// becomes of its sender; nothing is done to a slot at or below the floor, below the base, or more
// than W_hard above the frontier. Chora-R, a reconstruction; the paper's body was not available.

#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "protocols/chora/config.h"
#include "protocols/chora/lanes.h"
#include "protocols/chora/ring.h"
#include "protocols/chora/slot.h"
#include "protocols/core/bytes.h"

namespace lockstep::chora {

// Something that a replica is to note of a slot.
struct SlotNews {
  enum class Kind : std::uint8_t {
    kByBallot,  // decided otherwise than by votes of one that were counted here
    kSecond,    // a second, other decision, which is not believed
  };
  Kind kind = Kind::kByBallot;
  SlotName name;
  std::uint32_t ballot = 0;
  Value value = Value::kNoop;
};

// From this round on these lanes are in another state.
struct LaneChange {
  std::uint64_t since = 0;
  std::uint64_t changed = 0;
};

class Board {
 public:
  // The first round that may be acted on, while nobody has said which that is.
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max() / 4;

  Board(const Config& config, std::uint32_t self);

  std::uint32_t self() const { return self_; }
  std::uint32_t replicas() const { return replicas_; }
  std::uint32_t quorum() const { return quorum_; }
  // Every lane, or every replica.
  std::uint64_t all() const { return all_; }
  Ring& ring() { return ring_; }
  const Ring& ring() const { return ring_; }
  Lanes& lanes() { return lanes_; }
  const Lanes& lanes() const { return lanes_; }

  // The first round with an active lane that is undecided, or whose batch is missing.
  std::uint64_t frontier() const { return frontier_; }
  // The first round on which no vote has been cast.
  std::uint64_t cast_next() const { return cast_next_; }
  // One past the last round that this incarnation has acted on.
  std::uint64_t acted_end() const { return acted_end_; }

  // One past the floor; kNever while recovering. At or below the floor nothing is ever done.
  std::uint64_t first_allowed() const { return first_allowed_; }
  void set_first_allowed(std::uint64_t round) { first_allowed_ = round; }
  // Whether the floor has been passed: the replica holds a state that covers what it forgot.
  bool is_acting() const { return is_acting_; }
  void set_acting(bool is_acting) { is_acting_ = is_acting; }

  // Whether this replica may do anything to slots of `round`.
  bool IsActable(std::uint64_t round) const {
    return is_acting_ && round >= first_allowed_ && round >= ring_.base() &&
           round <= frontier_ + hard_window_ && round < ring_.end();
  }
  // Lanes of `round` that are, as far as is known, still to be decided.
  std::uint64_t Undecided(std::uint64_t round) const {
    const std::uint64_t active = round < lanes_.end() ? lanes_.At(round) : all_;
    return active & ~ring_.row(round).decided;
  }
  bool IsHeld(SlotName name) const { return Has(ring_.row(name.round).held, name.lane); }

  // Keeps the batch of a slot in the window; the first one, if there should be two.
  void Store(SlotName name, const core::Bytes& batch);
  // A vote of `voter`; a one tells that the owner has proposed, too.
  void CountVote(SlotName name, std::uint32_t voter, bool is_one);
  // `acceptor` has accepted `value` at `ballot` >= 1.
  void CountAcceptance(SlotName name, std::uint32_t acceptor, std::uint32_t ballot, Value value);
  // The slot is decided, at `ballot`; or it was, as others have told, at one that is not known.
  void Decide(SlotName name, Value value, std::uint32_t ballot) {
    Decide(name, value, ballot, /*is_told=*/false);
  }
  void LearnDecision(SlotName name, Value value) { Decide(name, value, 0, /*is_told=*/true); }

  // Proposes the own batch of `round`, which the replica must be able to act on and not have voted
  // on: its own vote and acceptance.
  void Propose(std::uint64_t round, const core::Bytes& batch);
  // Whether the own lane of `round` is free for a batch.
  bool MayPropose(std::uint64_t round) const;
  // Casts the own votes, all lanes, on every open round up to `last`; `now` is the own round. Calls
  // `visit(round)` for each.
  template <typename Visit>
  void CastUpTo(std::uint64_t last, std::uint64_t now, Visit&& visit) {
    if (!is_acting_) return;
    if (cast_next_ < ring_.base()) cast_next_ = ring_.base();
    if (cast_next_ < first_allowed_) cast_next_ = first_allowed_;
    while (cast_next_ <= last && IsActable(cast_next_)) {
      CastRound(cast_next_, now);
      visit(cast_next_);
      ++cast_next_;
    }
  }

  // Accepts a proposal, if no promise forbids it and the batch is here. True if it was accepted.
  bool Accept(SlotName name, std::uint32_t ballot, Value value);
  // Promises `ballot`, if nothing forbids it. True if it was promised.
  bool Promise(SlotName name, std::uint32_t ballot);
  // This replica has acted on a slot of `round` in another role.
  void MarkActed(std::uint64_t round) {
    if (round >= acted_end_) acted_end_ = round + 1;
  }
  // Keeps in mind that this batch is to be looked for.
  void Want(SlotName name);

  // Moves the frontier past what is decided and held. Returns how many rounds that are.
  std::uint64_t AdvanceFrontier();
  // A snapshot says that all before its round is decided.
  void JumpTo(const Lanes::State& state);
  // Forgets the rounds below `base`.
  void Truncate(std::uint64_t base) { ring_.Truncate(base); }

  // Slots whose batch is looked for; some of them may have been found or truncated since.
  std::vector<SlotName>& wanted() { return wanted_; }
  // Lanes as they were when the frontier passed multiples of C, oldest first.
  std::vector<Lanes::State>& lane_states() { return lane_states_; }
  // Changes of lanes by the rounds passed last, in order; cleared by the reader.
  std::vector<LaneChange>& lane_changes() { return lane_changes_; }
  std::vector<SlotNews>& news() { return news_; }

 private:
  void Decide(SlotName name, Value value, std::uint32_t ballot, bool is_told);
  void CastRound(std::uint64_t round, std::uint64_t now);
  void CastOwnZero(SlotName name);
  bool IsComplete(std::uint64_t round) const;

  std::uint32_t self_;
  std::uint32_t replicas_;
  std::uint32_t quorum_;
  std::uint64_t all_;
  std::uint64_t hard_window_;
  std::uint64_t checkpoint_rounds_;
  Ring ring_;
  Lanes lanes_;
  std::uint64_t frontier_ = 0;
  std::uint64_t cast_next_ = 0;
  std::uint64_t acted_end_ = 0;
  std::uint64_t first_allowed_ = 0;
  bool is_acting_ = true;
  std::vector<LaneChange> lane_changes_;
  std::vector<SlotName> wanted_;
  std::vector<Lanes::State> lane_states_;
  std::vector<SlotNews> news_;
};

}  // namespace lockstep::chora
