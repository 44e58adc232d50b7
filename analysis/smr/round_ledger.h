// Who kept the bound of lock-step rounds: whose message was handled in time by whom, by what the
// world saw; and whether replicas say the same.
//
// At the boundary of round r a replica votes on round r - D, and on what it has passed over before.
// A batch is in time for it if its node was handed it before that boundary, which the order of
// events decides. What was not is a violation; its cause is found when the message comes, or when
// it is known that it never will. A pair is a receiver and a batch; where an owner proposes
// nothing, since its lane is not active, there is none.
//
// Events are joined by the identity of messages. The notes are those of a lock-step protocol
// (`round` and those beside it, `resolved`, `lanes`); of what they say only the instants of
// boundaries, and what is voted on there, is believed.
//
// Chora-R, a reconstruction; the paper's body was not available.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "analysis/smr/round_account.h"
#include "analysis/smr/round_rows.h"
#include "analysis/span_histogram.h"
#include "protocols/core/ids.h"
#include "protocols/core/program.h"
#include "protocols/core/run.h"
#include "protocols/core/time.h"
#include "sim/trace/event.h"
#include "sim/trace/interest.h"

namespace lockstep::analysis {

class RoundLedger {
 public:
  // `listener` outlives the ledger.
  RoundLedger(const RoundRules& rules, RoundListener& listener);

  static trace::Interest Wants();
  // Of a replica of the cluster.
  void OnEvent(const trace::Event& event);
  // The last round that a replica has begun.
  std::uint64_t newest_round() const { return newest_round_; }
  // No more will come: what has not come by now never did. Once.
  void Finish();

  struct Counts {
    std::array<std::uint64_t, kBreachCauses.size()> violations{};  // violations[cause]
    std::uint64_t past_deadline = 0;  // handled after the nominal boundary, or never
    std::uint64_t pairs = 0;          // that were judged
    std::uint64_t unjudged = 0;       // of rounds that nobody could keep
    std::uint64_t skipped = 0;        // rounds, by each replica
    // Decisions, for each replica.
    std::uint64_t by_votes = 0;
    std::uint64_t by_ballot_1 = 0;
    std::uint64_t by_later_ballots = 0;
    std::uint64_t learnt = 0;
    std::uint64_t noops = 0;  // of all these
    // Batches that replicas were handed by other messages than that of the owner's round.
    std::uint64_t refetched = 0;
  };
  const Counts& counts() const { return counts_; }
  // From the nominal beginning of a round to the end of the handling of its last message.
  const SpanHistogram& completion() const { return completion_; }
  // From the handling of a message to the boundary that votes on it; below 0: too late.
  const SpanHistogram& slack() const { return slack_; }

 private:
  using Seat = RoundRows::Seat;
  // Something that is said of the boundary noted last, and settled before anything else happens.
  struct Boundary {
    bool is_open = false;
    core::Instant at;
    core::Duration late;
    std::uint64_t round = 0;
    bool is_silent = false;
    std::optional<core::Run> votes;
    std::vector<core::Run> blind;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> reported;  // round, mask of lanes
  };
  struct Stall {
    core::Instant begins;
    core::Instant ends;
  };
  struct Replica {
    bool is_up = true;
    bool has_forgotten = false;  // it has been restarted
    bool has_begun = false;      // a boundary was handled in this life
    bool has_voted = false;      // in this life
    std::uint64_t first_round = 0;
    std::uint64_t round = 0;          // of the last boundary
    std::uint64_t votes_end = 0;      // one past the last round voted on
    std::uint64_t committed_end = 0;  // one past the last round that was committed
    std::uint64_t finish_next = 0;    // its rounds below have been looked at for a batch
    Boundary boundary;
    std::array<Stall, 16> stalls{};  // the last ones, cyclically
    std::size_t next_stall = 0;
    // The least that a message waits here, and what the handling of the last one took.
    std::optional<core::Duration> least_host_wait;
    core::Duration handling;
    // As an owner: its lane is active for sure in rounds [begin, end).
    std::uint64_t active_begin = 0;
    std::uint64_t active_end = ~std::uint64_t{0};
  };

  // --- Notes ---
  void OnNote(std::uint32_t replica, const trace::Event& event);
  void OnBoundary(std::uint32_t replica, const trace::Event& event);
  void PassOver(std::uint32_t replica, std::uint64_t from, std::uint64_t to);
  void FinishRounds(std::uint32_t replica);
  void OnComplete(std::uint32_t replica, const trace::Event& event);
  void Measure(Seat& seat);
  void OnResolved(std::uint32_t replica, const trace::Event& event);
  void OnLanes(const trace::Event& event);
  void OnCommitted(std::uint32_t replica, const trace::Event& event);
  void CountByVotes(std::uint32_t replica, std::size_t row, bool is_sure);
  // Judges what the boundary that was noted last has voted on.
  void Settle(std::uint32_t replica) {
    if (replicas_[replica].boundary.is_open) Conclude(replica);
  }
  void Conclude(std::uint32_t replica);
  // It has voted on rounds, but may not have said what of: they are not judged.
  void CutOff(std::uint32_t replica);
  // Votes on a round that cannot be judged: they may have been for any lane.
  void TakeAsUnjudged(std::uint64_t round);
  void CheckOrder(std::uint32_t replica, const core::Run& votes);
  void JudgeVote(std::uint32_t voter, std::uint64_t round, std::uint64_t reported);
  void JudgeInTime(std::uint32_t voter, std::size_t row, std::uint64_t in_time,
                   std::uint64_t reported);
  void JudgeMissing(std::uint32_t voter, std::size_t row, std::uint64_t missing,
                    std::uint64_t reported);

  // --- Messages ---
  void OnFact(std::uint32_t replica, const trace::Event& event);
  void OnSent(std::uint32_t from, std::uint32_t to, const trace::Event& event);
  void OnArrived(std::uint32_t to, std::uint32_t from, const trace::Event& event);
  void OnHanded(std::uint32_t to, std::uint32_t from, const trace::Event& event);
  void OnDrop(std::uint32_t from, const trace::Event& event);

  // --- Lives ---
  void OnCrash(std::uint32_t replica, core::Instant at);
  void OnRestart(std::uint32_t replica);

  // --- Causes ---
  // Why a message that has not been sent, or was destroyed, never came; none: it may still come.
  std::optional<BreachCause> WhyNever(std::uint32_t voter, std::uint32_t owner, std::size_t row);
  void ResolveLate(std::uint32_t voter, std::uint32_t owner, std::size_t row);
  void ResolveNever(std::uint32_t voter, std::uint32_t owner, std::size_t row, BreachCause cause);
  // What nobody will learn any more of this row.
  void Abandon(std::size_t row, bool is_end);
  void AddBreach(std::uint32_t voter, std::uint32_t owner, std::size_t row, BreachCause cause,
                 std::optional<core::Duration> over_by);
  core::Duration StalledWithin(const Replica& replica, core::Instant from, core::Instant to) const;
  // The work on one message: what a boundary may wait for, and one message for another.
  static core::Duration WorkOf(const Replica& replica) {
    return replica.least_host_wait.value_or(core::Duration()) + replica.handling;
  }
  core::Duration Rounds(std::uint64_t count) const;

  // Where a round is kept from now on, if it can be; kNone where it cannot.
  std::size_t Touch(std::uint64_t round);
  std::uint64_t NeededFrom() const;
  void Complain(core::Instant at, std::uint32_t replica, Mismatch::Rule rule, std::uint64_t round,
                std::uint64_t other) {
    listener_.OnMismatch({at, replica, rule, round, 0, other, /*is_of_batch=*/false});
  }
  // Of what it says, or does not say, of one batch.
  void ComplainOfBatch(std::uint32_t voter, Mismatch::Rule rule, std::size_t row,
                       std::uint32_t lane, bool is_told) {
    listener_.OnMismatch({rows_.seat(row, voter).voted_at, voter, rule, rows_.round(row), lane, 0,
                          /*is_of_batch=*/is_told});
  }
  // Boundaries of an owner after which it is clear that it has not proposed in a round, and that
  // what it sends of it is no message of that round.
  static constexpr std::uint64_t kFinishAfter = 4;
  // A round is kept until it is executed, but not for longer than so many rounds.
  static constexpr std::uint64_t kExecutedAfter = 1'024;
  // Rounds after which all that is to be told of one has been told, but for a stall.
  static constexpr std::uint64_t kSettledAfter = 64;
  // What a trace says of later ones is ignored: none is reached.
  static constexpr std::uint64_t kRoundMost = std::uint64_t{1} << 60;
  static constexpr std::uint64_t Lane(std::uint32_t index) { return std::uint64_t{1} << index; }

  RoundRules rules_;
  RoundListener& listener_;
  std::uint32_t size_;
  std::uint64_t all_;
  RoundRows rows_;
  std::uint64_t forgotten_below_ = 0;  // rounds that are not kept any more
  std::vector<Replica> replicas_;
  // least_send_[from * N + to]: from the nominal beginning of a round to the sending of it.
  std::vector<std::optional<core::Duration>> least_send_;
  // least_way_[from * N + to]: from there to the arrival at its host.
  std::vector<std::optional<core::Duration>> least_way_;
  std::uint64_t newest_round_ = 0;
  core::Duration tight_;
  bool is_finished_ = false;
  Counts counts_;
  SpanHistogram completion_;
  SpanHistogram slack_;
};

}  // namespace lockstep::analysis
