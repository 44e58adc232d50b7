// What becomes of messages, and why they came too late: see round_ledger.h.

#include <algorithm>
#include <bit>

#include "analysis/smr/round_ledger.h"

namespace lockstep::analysis {
namespace {

using core::Duration;
using core::Instant;
using trace::Event;

template <typename Visit>
void ForEachBit(std::uint64_t mask, Visit&& visit) {
  for (; mask != 0; mask &= mask - 1) visit(static_cast<std::uint32_t>(std::countr_zero(mask)));
}

Duration Least(const std::optional<Duration>& before, Duration now) {
  return before ? std::min(*before, now) : now;
}

Duration Positive(Duration span) { return std::max(span, Duration()); }

}  // namespace

// --- Messages ---

void RoundLedger::OnFact(std::uint32_t replica, const Event& event) {
  const std::uint32_t peer = event.peer.value() - rules_.cluster.first.value();
  const bool is_of_owner = event.further == 0 && event.count == 1 && event.value <= kRoundMost;
  if (!is_of_owner || peer >= size_ || peer == replica) return;
  // What says which value the slot has mends it, and is not the message of its round, also where it
  // is the owner's.
  const bool is_first = event.votes.known == 0;
  if (event.phase == trace::Phase::kSent) {
    if (event.detail == replica && is_first) OnSent(replica, peer, event);
  } else if (event.detail == peer && is_first && event.phase == trace::Phase::kArrived) {
    OnArrived(replica, peer, event);
  } else if (event.detail == peer && is_first) {
    OnHanded(replica, peer, event);
  } else if (event.digest != 0 && event.phase == trace::Phase::kHanded) {
    ++counts_.refetched;
  }
}

void RoundLedger::OnSent(std::uint32_t from, std::uint32_t to, const Event& event) {
  const Replica& sender = replicas_[from];
  // A batch that is sent again, to mend, is not the message of its round.
  if (sender.has_begun && sender.round > event.value + kFinishAfter) return;
  const std::size_t row = Touch(event.value);
  if (row == RoundRows::kNone) return;
  Seat& owner = rows_.seat(row, from);
  if ((owner.sent_to & Lane(to)) != 0) return;
  owner.sent_to |= Lane(to);
  RoundRows::Pair& pair = rows_.pair(row, from, to);
  pair.sent = event.at;
  pair.id = event.message.count;
  if (owner.state == RoundRows::State::kBegun) {
    std::optional<Duration>& least = least_send_[from * size_ + to];
    least = Least(least, event.at - (owner.began - owner.late));
  }
  Seat& voter = rows_.seat(row, to);
  const bool is_missed = (voter.unresolved & Lane(from)) != 0;
  const bool is_unreported = (voter.unreported & Lane(from)) != 0;
  if (is_missed && (is_unreported || !owner.is_repeated)) voter.owed |= Lane(from);
  if (!is_unreported) return;
  voter.unreported &= ~Lane(from);
  ComplainOfBatch(to, Mismatch::Rule::kReportedTooLittle, row, from, /*is_told=*/is_missed);
}

void RoundLedger::OnArrived(std::uint32_t to, std::uint32_t from, const Event& event) {
  const std::size_t row = rows_.Find(event.value);
  if (row == RoundRows::kNone) return;
  RoundRows::Pair& pair = rows_.pair(row, from, to);
  const bool is_sent = (rows_.seat(row, from).sent_to & Lane(to)) != 0;
  if (!is_sent || pair.id != event.message.count) return;
  rows_.seat(row, to).arrived |= Lane(from);
  pair.arrived = event.at;
  std::optional<Duration>& least = least_way_[from * size_ + to];
  least = Least(least, event.at - pair.sent);
}

void RoundLedger::OnHanded(std::uint32_t to, std::uint32_t from, const Event& event) {
  Settle(to);
  Replica& at = replicas_[to];
  const std::size_t row = rows_.Find(event.value);
  if (row == RoundRows::kNone) return;
  Seat& seat = rows_.seat(row, to);
  RoundRows::Pair& pair = rows_.pair(row, from, to);
  const bool is_sent = (rows_.seat(row, from).sent_to & Lane(to)) != 0;
  const bool is_its_message = is_sent && pair.id == event.message.count;
  if (is_sent && !is_its_message && event.digest != 0) ++counts_.refetched;
  if (!is_its_message || (seat.handed & Lane(from)) != 0) return;
  seat.handed |= Lane(from);
  pair.handed = event.at;
  if ((seat.arrived & Lane(from)) != 0)
    at.least_host_wait = Least(at.least_host_wait, event.at - pair.arrived);
  if ((seat.unresolved & Lane(from)) != 0) ResolveLate(to, from, row);
}

void RoundLedger::OnDrop(std::uint32_t from, const Event& event) {
  const std::uint32_t to = event.peer.value() - rules_.cluster.first.value();
  if (to >= size_ || event.message.is_none() || event.message.copy != 0) return;
  if (!replicas_[to].is_up) return;
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    const bool is_sent =
        rows_.round(row) != RoundRows::kNobody && (rows_.seat(row, from).sent_to & Lane(to)) != 0;
    if (!is_sent || rows_.pair(row, from, to).id != event.message.count) continue;
    Seat& voter = rows_.seat(row, to);
    if ((voter.handed & Lane(from)) != 0) return;
    voter.lost |= Lane(from);
    if ((voter.unresolved & Lane(from)) == 0) return;
    if (const auto cause = WhyNever(to, from, row)) ResolveNever(to, from, row, *cause);
    return;
  }
}

// --- Lives ---

void RoundLedger::OnCrash(std::uint32_t replica, Instant now) {
  Replica& at = replicas_[replica];
  // It may have been cut off in the midst of what it had to say of this boundary.
  if (at.boundary.is_open && at.boundary.at == now) CutOff(replica);
  // Others may be in the midst of it, too: a fault can strike between two effects of theirs.
  for (std::uint32_t other = 0; other < size_; ++other)
    if (replicas_[other].boundary.at < now) Settle(other);
  at.is_up = false;
  at.has_forgotten = true;
  at.has_begun = at.has_voted = false;
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    if (rows_.round(row) == RoundRows::kNobody) continue;
    // What it was handed is forgotten with it. What it has missed and not been sent never came.
    Seat& seat = rows_.seat(row, replica);
    ForEachBit(seat.unresolved, [&](std::uint32_t owner) {
      const auto cause = WhyNever(replica, owner, row);
      ResolveNever(replica, owner, row, cause.value_or(BreachCause::kLatency));
    });
    seat.handed = seat.unreported = 0;
    seat.has_committed = false;  // What else it had to tell of it may have been cut off.
    for (std::uint32_t voter = 0; voter < size_; ++voter) {
      if ((rows_.seat(row, voter).unresolved & Lane(replica)) == 0) continue;
      if (const auto cause = WhyNever(voter, replica, row))
        ResolveNever(voter, replica, row, *cause);
    }
  }
}

void RoundLedger::OnRestart(std::uint32_t replica) { replicas_[replica].is_up = true; }

// --- Causes ---

std::optional<BreachCause> RoundLedger::WhyNever(std::uint32_t voter, std::uint32_t owner,
                                                 std::size_t row) {
  const Replica& of = replicas_[owner];
  const Seat& seat = rows_.seat(row, owner);
  const bool is_sent = (seat.sent_to & Lane(voter)) != 0;
  const bool is_lost = (rows_.seat(row, voter).lost & Lane(owner)) != 0;
  if (is_lost) return of.is_up ? BreachCause::kLost : BreachCause::kCrashed;
  if (is_sent) return std::nullopt;
  if (!of.is_up) return BreachCause::kCrashed;
  const bool is_before = !of.has_begun || rows_.round(row) < of.first_round;
  if (of.has_forgotten && is_before) return BreachCause::kCrashed;
  if (seat.state == RoundRows::State::kPassedOver) return BreachCause::kSenderStall;
  return std::nullopt;
}

Duration RoundLedger::StalledWithin(const Replica& replica, Instant from, Instant to) const {
  Duration longest;
  for (const Stall& stall : replica.stalls) {
    const Instant begins = std::max(stall.begins, from);
    const Instant ends = std::min(stall.ends, to);
    if (ends > begins) longest = std::max(longest, ends - begins);
  }
  return longest;
}

void RoundLedger::ResolveLate(std::uint32_t voter, std::uint32_t owner, std::size_t row) {
  const Seat& seat = rows_.seat(row, voter);
  const Seat& from = rows_.seat(row, owner);
  const RoundRows::Pair& pair = rows_.pair(row, owner, voter);
  const Replica& receiver = replicas_[voter];
  Delays delays;
  // Where its arrival was not told, nothing is known of what it waited for.
  const bool has_arrived = (seat.arrived & Lane(owner)) != 0;
  const Instant came = has_arrived ? pair.arrived : pair.handed;
  const Duration host =
      Positive(pair.handed - came - receiver.least_host_wait.value_or(Duration()));
  // What cards and switches take differs; less than an eighth of a round is taken for that.
  Duration way = came - pair.sent;
  way = way - least_way_[owner * size_ + voter].value_or(way);
  const Duration spread = Duration::Picoseconds(rules_.round_length.ps() / 8);
  if (!has_arrived || way < spread) way = Duration();
  // Who stands still makes a queue, which would not be there otherwise.
  const bool has_stalled = StalledWithin(receiver, came, pair.handed) > Duration();
  delays.receiver_stall = has_stalled ? host : Duration();
  // The others of its round come at the same time, and are paid for by every round length.
  const Duration usual = WorkOf(receiver) * static_cast<std::int64_t>(size_ - 2);
  delays.queueing = Positive(way + (has_stalled ? Duration() : host) - usual);
  if (from.state == RoundRows::State::kBegun) {
    const Instant nominal = from.began - from.late;
    const Duration least = least_send_[owner * size_ + voter].value_or(Duration());
    delays.sender_stall = Positive(pair.sent - nominal - least - WorkOf(replicas_[owner]));
    const Duration apart = (seat.voted_at - seat.voted_late) - nominal;
    delays.skew = Positive(Rounds(seat.voted_round - rows_.round(row)) - apart);
  }
  const Duration over_by = pair.handed - seat.voted_at;
  if (seat.voted_at >= rules_.warmup) slack_.Add(Duration() - over_by);
  AddBreach(voter, owner, row, CauseOf(delays, over_by), over_by);
}

void RoundLedger::ResolveNever(std::uint32_t voter, std::uint32_t owner, std::size_t row,
                               BreachCause cause) {
  AddBreach(voter, owner, row, cause, std::nullopt);
}

void RoundLedger::AddBreach(std::uint32_t voter, std::uint32_t owner, std::size_t row,
                            BreachCause cause, std::optional<Duration> over_by) {
  Seat& seat = rows_.seat(row, voter);
  seat.unresolved &= ~Lane(owner);
  ++counts_.violations[static_cast<std::size_t>(cause)];
  ++counts_.past_deadline;
  ++counts_.pairs;
  const bool is_excused = (seat.owed & Lane(owner)) == 0;
  listener_.OnBreach({seat.voted_at, rows_.round(row), owner, voter, cause, over_by, is_excused});
}

void RoundLedger::Abandon(std::size_t row, bool is_end) {
  std::uint64_t newest = 0;
  for (const Replica& replica : replicas_) newest = std::max(newest, replica.round);
  const bool is_sure = !is_end || rows_.round(row) + kSettledAfter < newest;
  for (std::uint32_t voter = 0; voter < size_; ++voter)
    if (rows_.seat(row, voter).has_committed) CountByVotes(voter, row, is_sure);
  for (std::uint32_t voter = 0; voter < size_; ++voter) {
    ForEachBit(rows_.seat(row, voter).unresolved, [&](std::uint32_t owner) {
      const Seat& from = rows_.seat(row, owner);
      const bool is_sent = (from.sent_to & Lane(voter)) != 0;
      if (const auto cause = WhyNever(voter, owner, row)) {
        ResolveNever(voter, owner, row, *cause);
      } else if (is_sent) {
        // At the end of a run it may be on its way.
        ResolveNever(voter, owner, row, is_end ? BreachCause::kLatency : BreachCause::kLost);
      } else if (from.state == RoundRows::State::kAhead && !is_end) {
        ResolveNever(voter, owner, row, BreachCause::kSenderStall);
      }
    });
  }
}

}  // namespace lockstep::analysis
