// Rounds as the world saw them, and as replicas tell them: see round_ledger.h.

#include "analysis/smr/round_ledger.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace lockstep::analysis {
namespace {

using core::Duration;
using core::Instant;
using trace::Event;
using trace::EventKind;

constexpr core::NoteKind kRound("round");
constexpr core::NoteKind kVotes("round_votes");
constexpr core::NoteKind kSilent("round_silent");
constexpr core::NoteKind kBlind("round_blind");
constexpr core::NoteKind kViolations("round_violations");
constexpr core::NoteKind kComplete("round_complete");
constexpr core::NoteKind kResolved("resolved");
constexpr core::NoteKind kLanes("lanes");

// What a trace may say without a sum of it leaving its range: 13 days.
constexpr std::uint64_t kSpanMost = std::uint64_t{1} << 60;
// Rounds whose length together is reckoned with.
constexpr std::uint64_t kRoundsMost = std::uint64_t{1} << 20;

Duration SpanOf(std::uint64_t ps) {
  return Duration::Picoseconds(static_cast<std::int64_t>(std::min(ps, kSpanMost)));
}

template <typename Visit>
void ForEachBit(std::uint64_t mask, Visit&& visit) {
  for (; mask != 0; mask &= mask - 1) visit(static_cast<std::uint32_t>(std::countr_zero(mask)));
}

}  // namespace

RoundLedger::RoundLedger(const RoundRules& rules, RoundListener& listener)
    : rules_(rules),
      listener_(listener),
      size_(rules.cluster.size),
      all_((std::uint64_t{1} << size_) - 1),
      rows_(size_),
      replicas_(size_),
      least_send_(std::size_t{size_} * size_),
      least_way_(std::size_t{size_} * size_),
      tight_(rules.tight()) {}

trace::Interest RoundLedger::Wants() {
  trace::Interest wants(Bit(EventKind::kDrop) | Bit(EventKind::kCrash) | Bit(EventKind::kRestart) |
                        Bit(EventKind::kStalled));
  for (const core::NoteKind note : {kRound, kVotes, kSilent, kBlind, kViolations, kComplete,
                                    kResolved, kLanes, core::NoteKind::kCommitted})
    wants.Add(note);
  return wants.Add(core::Fact::kProposes, trace::Phase::kSent)
      .Add(core::Fact::kProposes, trace::Phase::kArrived)
      .Add(core::Fact::kProposes, trace::Phase::kHanded);
}

Duration RoundLedger::Rounds(std::uint64_t count) const {
  count = std::min(count, kRoundsMost);
  const auto length = static_cast<std::uint64_t>(rules_.round_length.ps());
  const std::uint64_t ps =
      count / rules_.depth * length + count % rules_.depth * length / rules_.depth;
  return Duration::Picoseconds(static_cast<std::int64_t>(ps));
}

void RoundLedger::OnEvent(const Event& event) {
  const std::uint32_t replica = event.node.value() - rules_.cluster.first.value();
  switch (event.kind) {
    case EventKind::kFact:
      return OnFact(replica, event);
    case EventKind::kNote:
      return OnNote(replica, event);
    case EventKind::kDrop:
      return OnDrop(replica, event);
    case EventKind::kCrash:
      return OnCrash(replica, event.at);
    case EventKind::kRestart:
      return OnRestart(replica);
    case EventKind::kStalled: {
      Replica& at = replicas_[replica];
      at.stalls[at.next_stall++ % at.stalls.size()] = {event.at, event.at + SpanOf(event.detail)};
      return;
    }
    default:
      return;
  }
}

// --- Rows ---

std::uint64_t RoundLedger::NeededFrom() const {
  std::uint64_t from = std::numeric_limits<std::uint64_t>::max();
  for (const Replica& replica : replicas_) {
    if (!replica.is_up || !replica.has_voted) continue;
    // It executes later, but who is far behind is not waited for.
    const std::uint64_t back = replica.round > kExecutedAfter ? replica.round - kExecutedAfter : 0;
    from = std::min({from, replica.votes_end, std::max(replica.committed_end, back)});
  }
  return from;
}

std::size_t RoundLedger::Touch(std::uint64_t round) {
  for (;;) {
    const std::uint64_t occupant = rows_.OccupantOf(round);
    if (occupant == round) return rows_.Find(round);
    if (round < forgotten_below_) return RoundRows::kNone;
    if (occupant == RoundRows::kNobody) return rows_.Keep(round);
    const bool is_needed = occupant > round || occupant >= NeededFrom();
    if (is_needed && rows_.Grow()) continue;
    if (occupant > round) return RoundRows::kNone;
    Abandon(rows_.Find(occupant), /*is_end=*/false);
    forgotten_below_ = std::max(forgotten_below_, occupant + 1);
    return rows_.Keep(round);
  }
}

// --- Notes ---

void RoundLedger::OnNote(std::uint32_t replica, const Event& event) {
  if (event.value > kRoundMost || event.count > kRoundMost) return;  // No round of this world.
  Boundary& boundary = replicas_[replica].boundary;
  if (event.note == kRound) {
    OnBoundary(replica, event);
  } else if (event.note == kComplete) {
    OnComplete(replica, event);
  } else if (event.note == core::NoteKind::kCommitted) {
    OnCommitted(replica, event);
  } else if (event.note == kViolations) {
    boundary.reported.emplace_back(event.value, event.detail);
    if (!boundary.is_open)
      Complain(event.at, replica, Mismatch::Rule::kVotesOnNothing, event.value, 0);
  } else if (event.note == kVotes) {
    boundary.votes = event.run();
  } else if (event.note == kSilent) {
    boundary.is_silent = true;
  } else if (event.note == kBlind) {
    boundary.blind.push_back(event.run());
  } else if (event.note == kResolved) {
    OnResolved(replica, event);
  } else if (event.note == kLanes) {
    OnLanes(event);
  }
}

void RoundLedger::OnBoundary(std::uint32_t replica, const Event& event) {
  Settle(replica);
  Replica& at = replicas_[replica];
  const Duration late = SpanOf(event.detail);
  if (const std::size_t row = Touch(event.value); row != RoundRows::kNone) {
    Seat& seat = rows_.seat(row, replica);
    seat.is_repeated = seat.is_repeated || (at.has_forgotten && seat.sent_to != 0);
    seat.state = RoundRows::State::kBegun;
    seat.began = event.at;
    seat.late = late;
    if (seat.is_completed) Measure(seat);
  }
  if (at.has_begun && event.value > at.round + 1) {
    counts_.skipped += event.value - at.round - 1;
    PassOver(replica, at.round + 1, event.value);
  }
  if (!at.has_begun) at.first_round = at.finish_next = event.value;
  at.has_begun = true;
  at.round = event.value;
  newest_round_ = std::max(newest_round_, event.value);
  FinishRounds(replica);
  Boundary& boundary = at.boundary;
  boundary.is_open = true;
  boundary.at = event.at;
  boundary.late = late;
  boundary.round = event.value;
  boundary.is_silent = false;
  boundary.votes.reset();
  boundary.blind.clear();
  boundary.reported.clear();
}

// Rounds [from, to) of an owner have no message: its boundaries of them were never handled.
void RoundLedger::PassOver(std::uint32_t replica, std::uint64_t from, std::uint64_t to) {
  constexpr std::uint64_t kMost = 1U << 16;
  from = std::max(from, to > kMost ? to - kMost : 0);
  for (std::uint64_t round = from; round < to; ++round) {
    const std::size_t row = Touch(round);
    if (row == RoundRows::kNone) continue;
    // An earlier life may have come to it, and sent that it proposes nothing.
    RoundRows::State& state = rows_.seat(row, replica).state;
    if (state == RoundRows::State::kAhead) state = RoundRows::State::kPassedOver;
    for (std::uint32_t voter = 0; voter < size_; ++voter) {
      if ((rows_.seat(row, voter).unresolved & Lane(replica)) != 0)
        ResolveNever(voter, replica, row, BreachCause::kSenderStall);
    }
  }
}

// A round whose boundary was handled a while ago, and of which nothing was sent, has no batch.
void RoundLedger::FinishRounds(std::uint32_t replica) {
  Replica& at = replicas_[replica];
  if (at.round < kFinishAfter) return;
  at.finish_next = std::max(at.finish_next, at.round > rows_.size() ? at.round - rows_.size() : 0);
  for (; at.finish_next + kFinishAfter <= at.round; ++at.finish_next) {
    const std::size_t row = rows_.Find(at.finish_next);
    if (row == RoundRows::kNone) continue;
    const Seat& seat = rows_.seat(row, replica);
    if (seat.state != RoundRows::State::kBegun || seat.sent_to != 0) continue;
    for (std::uint32_t voter = 0; voter < size_; ++voter) {
      rows_.seat(row, voter).unresolved &= ~Lane(replica);
      rows_.seat(row, voter).unreported &= ~Lane(replica);
    }
  }
}

void RoundLedger::Measure(Seat& seat) {
  const Instant nominal = seat.began - seat.late;
  if (nominal >= rules_.warmup) completion_.Add(seat.completed - nominal);
}

void RoundLedger::OnComplete(std::uint32_t replica, const Event& event) {
  Settle(replica);
  const std::size_t row = Touch(event.value);
  const std::uint32_t last = event.peer.value() - rules_.cluster.first.value();
  if (row == RoundRows::kNone || last >= size_) return;
  Seat& seat = rows_.seat(row, replica);
  if (seat.is_completed) return;
  seat.is_completed = true;
  seat.completed = event.at;
  if ((seat.handed & Lane(last)) != 0)
    replicas_[replica].handling = event.at - rows_.pair(row, last, replica).handed;
  if (seat.state == RoundRows::State::kBegun) Measure(seat);
}

void RoundLedger::OnResolved(std::uint32_t replica, const Event& event) {
  const std::uint64_t ballot = event.detail / 64;
  const auto lane = static_cast<std::uint32_t>(event.detail % 64);
  if (lane >= size_) return;
  if (ballot == 0) ++counts_.learnt;
  if (ballot == 1) ++counts_.by_ballot_1;
  if (ballot >= 2) ++counts_.by_later_ballots;
  if (event.digest == 0) ++counts_.noops;
  const std::size_t row = rows_.Find(event.value);
  if (row != RoundRows::kNone) rows_.seat(row, replica).told |= Lane(lane);
}

void RoundLedger::OnLanes(const Event& event) {
  const std::uint32_t lane = event.peer.value() - rules_.cluster.first.value();
  if (lane >= size_) return;
  Replica& owner = replicas_[lane];
  const bool is_active = (event.detail >> lane & 1) != 0;
  // One after the other tells the same; who is behind may tell what has changed again since.
  if (is_active && owner.active_end <= event.value && owner.active_begin < event.value) {
    owner.active_begin = event.value;
    owner.active_end = ~std::uint64_t{0};
  } else if (!is_active && owner.active_begin < event.value) {
    owner.active_end = std::min(owner.active_end, event.value);
  }
}

void RoundLedger::OnCommitted(std::uint32_t replica, const Event& event) {
  // Whoever stands still has said all that there was to be said of its boundary.
  for (std::uint32_t other = 0; other < size_; ++other)
    if (replicas_[other].boundary.at < event.at) Settle(other);
  // A round at a time.
  if (event.count != size_ || event.value % size_ != 0) return;
  replicas_[replica].committed_end = event.value / size_ + 1;
  const std::size_t row = rows_.Find(event.value / size_);
  if (row == RoundRows::kNone) return;
  rows_.seat(row, replica).has_committed = true;
  rows_.seat(row, replica).committed_at = event.at;
}

// Of a round that was committed: lanes of which nothing else was told were decided by votes. To be
// asked late, since notes of one call wait for its work, and may come behind those of the next.
void RoundLedger::CountByVotes(std::uint32_t replica, std::size_t row, bool is_sure) {
  const Seat& by = rows_.seat(row, replica);
  const std::uint64_t round = rows_.round(row);
  for (std::uint32_t lane = 0; lane < size_; ++lane) {
    const Replica& owner = replicas_[lane];
    const bool is_active = round >= owner.active_begin && round < owner.active_end;
    if (!is_active || (by.told & Lane(lane)) != 0) continue;
    ++counts_.by_votes;
    const Seat& seat = rows_.seat(row, lane);
    const std::uint32_t own = seat.state == RoundRows::State::kBegun ? 1 : 0;
    const std::uint32_t holders = seat.on_time + seat.maybe + own;
    // Where nothing was proposed there was nothing to hold: that is for others to judge.
    if (holders >= size_ / 2 + 1 || !is_sure || seat.sent_to == 0) continue;
    listener_.OnMismatch({by.committed_at, replica, Mismatch::Rule::kDecidedWithoutVotes, round,
                          lane, holders, /*is_of_batch=*/false});
  }
}

// --- Votes ---

void RoundLedger::Conclude(std::uint32_t replica) {
  Replica& at = replicas_[replica];
  Boundary& boundary = at.boundary;
  boundary.is_open = false;
  core::Run votes{0, 0, 1};
  if (boundary.votes) {
    votes = *boundary.votes;
  } else if (!boundary.is_silent && boundary.round >= rules_.depth) {
    votes = {boundary.round - rules_.depth, 1, 1};
  }
  for (const auto& [round, lanes] : boundary.reported) {
    if (round < votes.first || round >= votes.first + votes.count)
      Complain(boundary.at, replica, Mismatch::Rule::kVotesOnOther, round, 0);
  }
  if (votes.count == 0) return;
  CheckOrder(replica, votes);
  at.has_voted = true;
  // What lies further back than is kept cannot be judged.
  const std::uint64_t end = votes.first + votes.count;
  const std::uint64_t begin =
      end > rows_.size() ? std::max(votes.first, end - rows_.size()) : votes.first;
  counts_.unjudged += (begin - votes.first) * (size_ - 1);
  for (std::uint64_t round = begin; round < end; ++round) {
    const bool is_blind = std::any_of(
        boundary.blind.begin(), boundary.blind.end(),
        [&](const core::Run& run) { return round >= run.first && round < run.first + run.count; });
    if (is_blind) {
      TakeAsUnjudged(round);
      continue;
    }
    std::uint64_t reported = 0;
    for (const auto& [of, lanes] : boundary.reported)
      if (of == round) reported |= lanes;
    JudgeVote(replica, round, reported);
  }
  at.votes_end = end;
}

void RoundLedger::TakeAsUnjudged(std::uint64_t round) {
  counts_.unjudged += size_ - 1;
  const std::size_t row = rows_.Find(round);
  for (std::uint32_t lane = 0; row != RoundRows::kNone && lane < size_; ++lane)
    ++rows_.seat(row, lane).maybe;
}

void RoundLedger::CutOff(std::uint32_t replica) {
  Replica& at = replicas_[replica];
  Boundary& boundary = at.boundary;
  boundary.is_open = false;
  if (boundary.is_silent || boundary.round < rules_.depth) return;
  const std::uint64_t end = boundary.round - rules_.depth + 1;
  std::uint64_t begin = at.has_voted ? std::min(at.votes_end, end - 1) : 0;
  if (boundary.votes) begin = boundary.votes->first;
  begin = std::max(begin, end > rows_.size() ? end - rows_.size() : 0);
  for (std::uint64_t round = begin; round < end; ++round) TakeAsUnjudged(round);
}

// Rounds are voted on one after the other; what is passed over, is told.
void RoundLedger::CheckOrder(std::uint32_t replica, const core::Run& votes) {
  const Replica& at = replicas_[replica];
  if (!at.has_voted || votes.first == at.votes_end) return;
  const bool is_told =
      std::any_of(at.boundary.blind.begin(), at.boundary.blind.end(), [&](const core::Run& run) {
        return run.first == at.votes_end && run.first + run.count == votes.first;
      });
  if (!is_told)
    Complain(at.boundary.at, replica, Mismatch::Rule::kOrder, votes.first, at.votes_end);
}

void RoundLedger::JudgeVote(std::uint32_t voter, std::uint64_t round, std::uint64_t reported) {
  const std::size_t row = rows_.Find(round);
  if (row == RoundRows::kNone) {
    counts_.unjudged += size_ - 1;
    return;
  }
  const Boundary& boundary = replicas_[voter].boundary;
  if (round + rules_.depth > boundary.round) {
    Complain(boundary.at, voter, Mismatch::Rule::kEarly, round, boundary.round);
    return;
  }
  Seat& seat = rows_.seat(row, voter);
  seat.voted_at = boundary.at;
  seat.voted_late = boundary.late;
  seat.voted_round = boundary.round;
  JudgeInTime(voter, row, seat.handed, reported);
  ForEachBit(reported & seat.handed, [&](std::uint32_t lane) {
    ComplainOfBatch(voter, Mismatch::Rule::kReportedTooMuch, row, lane, /*is_told=*/true);
  });
  const std::uint64_t missing = all_ & ~seat.handed & ~Lane(voter);
  if (missing != 0) JudgeMissing(voter, row, missing, reported);
}

void RoundLedger::JudgeInTime(std::uint32_t voter, std::size_t row, std::uint64_t in_time,
                              std::uint64_t reported) {
  const Seat& seat = rows_.seat(row, voter);
  const Duration handling = replicas_[voter].handling;
  const std::uint64_t round = rows_.round(row);
  const Instant deadline =
      seat.voted_at - seat.voted_late - Rounds(seat.voted_round - rules_.depth - round);
  const bool is_measured = seat.voted_at >= rules_.warmup;
  ForEachBit(in_time, [&](std::uint32_t owner) {
    const Instant handed = rows_.pair(row, owner, voter).handed;
    ++rows_.seat(row, owner).on_time;
    ++counts_.pairs;
    if (handed + handling > deadline) ++counts_.past_deadline;
    const Duration slack = seat.voted_at - handed;
    if (is_measured) slack_.Add(slack);
    if (slack < tight_ || (reported & Lane(owner)) != 0)
      listener_.OnInTime({seat.voted_at, round, owner, voter, slack});
  });
}

void RoundLedger::JudgeMissing(std::uint32_t voter, std::size_t row, std::uint64_t missing,
                               std::uint64_t reported) {
  Seat& seat = rows_.seat(row, voter);
  // Others are so far that what mends slots may have brought a batch without its message.
  const bool is_behind = std::any_of(replicas_.begin(), replicas_.end(), [&](const Replica& other) {
    return other.has_begun && other.round > rows_.round(row) + rules_.depth;
  });
  seat.unresolved = missing;
  ForEachBit(missing, [&](std::uint32_t owner) {
    if (is_behind) ++rows_.seat(row, owner).maybe;
    const Seat& of = rows_.seat(row, owner);
    std::optional<BreachCause> cause = WhyNever(voter, owner, row);
    const bool is_reported = (reported & Lane(owner)) != 0;
    // An owner that has come so far may have sent a message without a batch.
    const bool may_be_empty = of.sent_to == 0 && of.state == RoundRows::State::kBegun;
    if (!is_reported && may_be_empty && cause) {
      seat.unresolved &= ~Lane(owner);
      cause.reset();
    } else if (of.is_repeated) {
      // It has heard of that life that there is no batch, and cannot know of the other's.
    } else if (!may_be_empty && (cause || of.sent_to != 0)) {
      seat.owed |= Lane(owner);
      if (!is_reported)
        ComplainOfBatch(voter, Mismatch::Rule::kReportedTooLittle, row, owner, /*is_told=*/true);
    } else if (!is_reported) {
      seat.unreported |= Lane(owner);
    }
    if (cause) ResolveNever(voter, owner, row, *cause);
  });
}

void RoundLedger::Finish() {
  if (std::exchange(is_finished_, true)) return;
  for (std::uint32_t replica = 0; replica < size_; ++replica) Settle(replica);
  for (std::size_t row = 0; row < rows_.size(); ++row)
    if (rows_.round(row) != RoundRows::kNobody) Abandon(row, /*is_end=*/true);
}

}  // namespace lockstep::analysis
