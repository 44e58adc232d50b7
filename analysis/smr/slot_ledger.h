// What replicas have said of the slots of their log, as their messages tell, and what they hold:
// the ghost log that oracles of replicated state machines compare with what is committed.
//
// A slot is a lane of a round. Votes are for or against the batch of the lane's owner at ballot 0;
// at ballots above it a value is proposed and accepted, which is the batch (1) or nothing (0).
// Protocols that know only slots have one lane. A proposal at ballot 0 by another than the owner,
// or one that tells a value as if there were a choice, passes the owner's on: its bytes may be
// written in another way, so that digests say nothing. Index r L + p of the log is lane (r + p) mod
// L of round r.
//
// Of each slot it is kept which votes and acceptances were *said* (sent to anybody), and who holds
// the batch: has made it, or was handed a message with it. What a replica has done without saying
// it is not known here. What contradicts something said before, in any life, is told to whoever
// watches; so is an act on a round that a replica must not touch since it has forgotten what it did
// there.
//
// Memory: rounds from the first that nobody has committed to the newest, and at least kKept behind
// the newest; at most kRowsMax of them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "analysis/oracle.h"
#include "analysis/recipe.h"
#include "analysis/sparing.h"
#include "protocols/core/ids.h"
#include "protocols/core/note.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::analysis {

struct SlotName {
  std::uint64_t round = 0;
  std::uint32_t lane = 0;
};

// What has been said at one ballot above 0: masks of replicas, by value (0: nothing, 1: the batch).
struct BallotSaid {
  std::uint64_t ballot = 0;
  std::uint64_t proposed_by[2] = {};
  std::uint64_t accepted_by[2] = {};
};

// A request in a batch, in the order of the batch.
struct Ordered {
  std::uint64_t client = 0;
  std::uint64_t request = 0;
  std::uint64_t low = 0;
};

struct SlotSaid {
  bool is_proposed = false;         // by its owner
  std::uint64_t digest = 0;         // of the owner's batch
  std::uint64_t holders = 0;        // of the batch
  std::uint64_t deciders[2] = {};   // who has said that it is decided, by value
  std::vector<BallotSaid> ballots;  // in the order in which they were heard of
  std::vector<Ordered> requests;    // of the owner's batch
};

// A vote is said again with many messages, since one may be lost. A default trace holds what of it
// is new, and of each message one.
class SlotLedger final : public trace::Sink, public Sparing {
 public:
  static constexpr std::uint32_t kReplicasMax = 64;
  static constexpr std::size_t kKept = 1'024;
  static constexpr std::size_t kRowsMax = std::size_t{1} << 18;

  // How a protocol's slots are to be read.
  struct Rules {
    std::uint32_t lanes = 1;                 // of a round
    std::uint64_t accepts_by_proposing = 0;  // up to this ballot a proposal is an acceptance, too
    friend bool operator==(const Rules&, const Rules&) = default;
  };
  enum class Act : std::uint8_t { kVote, kProposal, kAcceptance, kPromise };

  // Told while the event is handled that shows it. `replica` is an index in the cluster.
  class Watcher {
   public:
    virtual ~Watcher() = default;
    // It has said one thing of this slot, and says another now.
    virtual void OnContradiction(const trace::Event&, std::uint32_t, SlotName, Act) {}
    // It votes for, or accepts, a batch that it has never been handed.
    virtual void OnUnheld(const trace::Event&, std::uint32_t, SlotName, Act) {}
    // It acts on a round not above `forgotten`, the last one on which an earlier life acted.
    virtual void OnForgottenAct(const trace::Event&, std::uint32_t, std::uint64_t /*forgotten*/) {}
  };

  // `heal`: an instant at which it will be asked how far replicas had come.
  SlotLedger(const core::Cluster& cluster, const Rules& rules, core::Instant heal);

  trace::Interest Wants() const override;
  void OnEvent(const trace::Event& event) override;
  void Finish() override {}
  trace::Interest Keeps() const override;
  std::vector<core::NoteKind> Spares() const override { return {}; }
  void TellTo(trace::Sink* trace) override { trace_ = trace; }

  // `watcher` lives as long as events come.
  void Watch(Watcher* watcher) { watchers_.push_back(watcher); }

  const Rules& rules() const { return rules_; }
  // Where index `index` of the log stands.
  SlotName SlotAt(std::uint64_t index) const {
    const std::uint64_t round = index / rules_.lanes;
    return {round, static_cast<std::uint32_t>((round + index % rules_.lanes) % rules_.lanes)};
  }
  // What was said of the slot; null where it has been forgotten, or never heard of.
  SlotSaid* Find(SlotName name);
  const SlotSaid* Find(SlotName name) const { return const_cast<SlotLedger*>(this)->Find(name); }
  // What replica `voter` has said of the lanes of a round that is known.
  core::Mask VotesOf(std::uint64_t round, std::uint32_t voter) const {
    return votes_[PlaceOf(round) * cluster_.size + voter];
  }
  // Whether the round lies before all that is kept.
  bool IsForgotten(std::uint64_t round) const { return round < begin_; }

  // One past the newest round on which anybody had said by the heal that it acts.
  std::uint64_t acted_by_heal() const { return acted_by_heal_; }
  // Whether any vote, proposal, acceptance or promise has been said.
  bool has_statements() const { return has_statements_; }
  // When the replica last said a vote, a proposal, an acceptance or a promise.
  core::Instant said_at(std::uint32_t replica) const { return said_at_[replica]; }
  // Whether the lane is awaited in this round: as far as anybody has noted.
  bool IsActive(SlotName name) const;

  // Somebody has committed all rounds before; they may be forgotten.
  void Release(std::uint64_t round) { released_ = std::max(released_, round); }

 private:
  struct LaneChange {
    std::uint64_t since = 0;
    std::uint64_t active = 0;
  };

  std::size_t PlaceOf(std::uint64_t round) const { return round & (rows_ - 1); }
  SlotSaid& At(SlotName name) { return slots_[PlaceOf(name.round) * rules_.lanes + name.lane]; }
  // Makes place for the round; false where it has been forgotten.
  bool Reach(std::uint64_t round);
  void Clear(std::uint64_t round);
  void Grow();

  void OnSaid(const trace::Event& event);
  void OnHanded(const trace::Event& event);
  void OnVotes(const trace::Event& event, std::uint32_t voter);
  // Whether it says anything new.
  bool SayVotes(const trace::Event& event, std::uint32_t voter, std::uint64_t round);
  void SayProposal(const trace::Event& event, std::uint32_t replica, SlotName name);
  void SayOwnProposal(const trace::Event& event, std::uint32_t owner, SlotName name);
  void SayAtBallot(const trace::Event& event, std::uint32_t replica, SlotName name, Act act);
  void Hold(const trace::Event& event, std::uint32_t replica);
  // It acts on these rounds; whether it had not, or must not any more.
  bool MarkActed(const trace::Event& event, std::uint32_t replica);
  void NoteLanes(const trace::Event& event);

  core::Cluster cluster_;
  Rules rules_;
  core::Instant heal_;
  std::vector<Watcher*> watchers_;

  std::size_t rows_;         // a power of two
  std::uint64_t begin_ = 0;  // rounds [begin_, end_) are kept
  std::uint64_t end_ = 0;
  std::uint64_t released_ = 0;
  std::vector<SlotSaid> slots_;    // slots_[place of the round * lanes + lane]
  std::vector<core::Mask> votes_;  // votes_[place of the round * replicas + voter], of its lanes

  std::vector<std::uint64_t> acted_by_;  // acted_by_[replica]: one past the last round, all lives
  std::vector<std::uint64_t> forgotten_end_;  // forgotten_end_[replica]: as it was at its restart
  std::vector<core::Instant> said_at_;        // said_at_[replica]
  std::uint64_t acted_by_heal_ = 0;
  bool has_statements_ = false;
  std::vector<LaneChange> lane_changes_;  // by round

  // Requests that were named by the message that is being told of, whose proposal comes behind.
  std::vector<Ordered> requests_;
  trace::MessageId requests_of_;

  trace::Sink* trace_ = nullptr;
  std::vector<trace::MessageId> kept_of_;  // kept_of_[replica]: whose votes the trace was told last
};

// The ledger for what the promise is about, which must be a cluster of at most
// SlotLedger::kReplicasMax, with the parameters {"lanes": of a round, "accepts_by_proposing":
// ballot} and, beside those of `also`, no others.
using Names = std::initializer_list<std::string_view>;
absl::StatusOr<std::shared_ptr<SlotLedger>> SlotLedgerFor(const Charge& charge, Names also = {});

// For oracles whose checkers need their cluster and its ledger.
template <typename SlotCheckerType>
absl::StatusOr<std::unique_ptr<Checker>> MakeSlotChecker(const Charge& charge) {
  auto slots = SlotLedgerFor(charge);
  if (!slots.ok()) return slots.status();
  return std::make_unique<SlotCheckerType>(charge.recipe, core::ClusterId(charge.promise.scope.id),
                                           *std::move(slots));
}

}  // namespace lockstep::analysis
