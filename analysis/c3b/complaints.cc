// Counting complaints in one sweep over sorted lists: see complaints.h.

#include "analysis/c3b/complaints.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>

namespace lockstep::analysis {

ComplaintBook::ComplaintBook(const Rule& rule, std::uint64_t quack)
    : rule_(rule),
      line_(rule.schedule.list_lanes()),
      patience_ps_(std::max<std::int64_t>(
          0, rule.repeat_interval.ps() - rule.repeat_interval.ps() / 1000 - rule.clock_ahead.ps())),
      acknowledged_(rule.schedule.receivers(), 0),
      quack_(quack),
      doubts_(rule.schedule.receivers()) {
  for (std::uint64_t i = 0; i < doubts_.size(); ++i) total_stake_ += StakeOf(i);
}

std::size_t ComplaintBook::size() const {
  std::size_t sum = 0;
  for (const Doubts& doubts : doubts_) sum += doubts.size();
  return sum;
}

void ComplaintBook::Take(const Report& report) {
  ordered_.clear();
  fresh_.clear();
  const std::uint64_t p = std::min(report.acknowledged, kSeqLimit - 1);
  if (p < acknowledged_[report.receiver]) return;
  RaiseQuack(report.receiver, p);
  const std::uint64_t end =
      std::min(report.committed, std::max(p + 1, std::min(report.phi_end, kSeqLimit)));
  ListJudged(std::max(p, quack_), end, p, report.listed);
  Sweep(report, quack_ >= p);
  if (fresh_.empty()) return;
  CountComplaints(report.receiver);
  if (ordered_.empty()) return;
  for (Doubts& doubts : doubts_) EraseOrdered(doubts);
}

void ComplaintBook::RaiseQuack(std::uint64_t receiver, std::uint64_t acknowledged) {
  if (acknowledged <= acknowledged_[receiver]) return;
  acknowledged_[receiver] = acknowledged;
  if (!rule_.stake.empty()) return RaiseQuackByStake();
  if (rule_.acks_needed > acknowledged_.size()) return;
  ranked_ = acknowledged_;
  const auto nth = ranked_.begin() + static_cast<std::ptrdiff_t>(rule_.acks_needed - 1);
  std::nth_element(ranked_.begin(), nth, ranked_.end(), std::greater<>());
  quack_ = std::max(quack_, *nth);
}

// The QUACK is where those that have come as far first have the stake that is needed.
void ComplaintBook::RaiseQuackByStake() {
  ranked_.clear();
  for (std::uint64_t i = 0; i < acknowledged_.size(); ++i) ranked_.push_back(i);
  std::sort(ranked_.begin(), ranked_.end(),
            [&](std::uint64_t a, std::uint64_t b) { return acknowledged_[a] > acknowledged_[b]; });
  std::uint64_t stake = 0;
  for (const std::uint64_t receiver : ranked_) {
    stake += StakeOf(receiver);
    if (stake < rule_.acks_needed) continue;
    quack_ = std::max(quack_, acknowledged_[receiver]);
    return;
  }
}

// Fills judged_ with what a report says about the k′ in [begin, end): p, and what is not listed, is
// missing.
void ComplaintBook::ListJudged(std::uint64_t begin, std::uint64_t end, std::uint64_t acknowledged,
                               std::span<const core::Run> listed) {
  judged_.clear();
  held_.clear();
  if (begin >= end) return;
  for (const core::Run& run : listed) {
    core::ForEachLane(run, line_.lanes(),
                      [&](std::uint64_t lane, std::uint64_t from, std::uint64_t to) {
                        held_.push_back({line_.Begin(lane) + from, line_.Begin(lane) + to});
                      });
  }
  // p is missing, whatever the list says; below p the window does not reach.
  const std::uint64_t p_place = line_.Place(acknowledged);
  for (Stretch& held : held_) {
    if (held.begin <= p_place && p_place < held.end) held.begin = p_place + 1;
  }
  const auto by_begin = [](const Stretch& a, const Stretch& b) { return a.begin < b.begin; };
  if (!std::is_sorted(held_.begin(), held_.end(), by_begin)) {
    std::sort(held_.begin(), held_.end(), by_begin);
  }
  const core::LaneLine::Cut low = line_.CutAt(begin);
  const core::LaneLine::Cut high = line_.CutAt(end);
  std::size_t next_held = 0;
  line_.ForEachLaneIn(
      begin, end, [&](std::uint64_t lane) { ListLane(low.In(lane), high.In(lane), next_held); });
}

// The same of one lane, at places [at, stop).
void ComplaintBook::ListLane(std::uint64_t at, std::uint64_t stop, std::size_t& next_held) {
  while (next_held < held_.size() && held_[next_held].end <= at) ++next_held;
  for (; at < stop && next_held < held_.size() && held_[next_held].begin < stop; ++next_held) {
    const Stretch& held = held_[next_held];
    if (held.end <= at) continue;
    if (held.begin > at) judged_.push_back({at, held.begin, true});
    const std::uint64_t from = std::max(at, held.begin);
    at = std::min(held.end, stop);
    if (from < at) judged_.push_back({from, at, false});
    if (held.end > stop) break;
  }
  if (at < stop) judged_.push_back({at, stop, true});
}

// Moves the receiver's doubts past what its report says: one pass over two sorted lists.
void ComplaintBook::Sweep(const Report& report, bool is_counted) {
  Doubts& doubts = doubts_[report.receiver];
  swept_.clear();
  std::size_t next = 0;
  std::optional<Doubt> doubt;
  const core::LaneLine::Cut quack = line_.CutAt(quack_);
  // Of each doubt, what is below the QUACK is cut off. A doubt lies within one lane.
  const auto advance = [&] {
    doubt.reset();
    while (next < doubts.size() && !doubt) {
      doubt = doubts[next++];
      doubt->begin = std::max(doubt->begin, quack.InLaneOf(doubt->begin));
      if (doubt->begin >= doubt->end) doubt.reset();
    }
  };
  advance();
  for (const Judged& judged : judged_) {
    for (; doubt && doubt->end <= judged.begin; advance()) Emit(*doubt);
    if (doubt && doubt->begin < judged.begin) {
      Emit({doubt->begin, judged.begin, doubt->since_ps, doubt->is_complaint});
      doubt->begin = judged.begin;
    }
    std::uint64_t at = judged.begin;
    while (at < judged.end) {
      const std::uint64_t gap_end = doubt ? std::min(doubt->begin, judged.end) : judged.end;
      if (at < gap_end) {
        if (judged.is_missing) Emit({at, gap_end, report.at.ps(), false});
        at = gap_end;
        continue;
      }
      const std::uint64_t to = std::min(doubt->end, judged.end);
      Settle({at, to, doubt->since_ps, doubt->is_complaint}, judged, report, is_counted);
      at = doubt->begin = to;
      if (doubt->begin == doubt->end) advance();
    }
  }
  for (; doubt; advance()) Emit(*doubt);
  doubts.swap(swept_);
}

// What becomes of a doubt about which the report says something.
void ComplaintBook::Settle(Doubt doubt, const Judged& judged, const Report& report,
                           bool is_counted) {
  if (!judged.is_missing) {
    if (!is_counted) Emit(doubt);
    return;
  }
  const bool is_repeat = report.at.ps() - doubt.since_ps >= patience_ps_;
  if (is_counted && is_repeat && !doubt.is_complaint) {
    doubt.is_complaint = true;
    fresh_.push_back({doubt.begin, doubt.end});
  }
  Emit(doubt);
}

void ComplaintBook::Emit(const Doubt& doubt) {
  if (!swept_.empty() && swept_.back().end == doubt.begin &&
      swept_.back().since_ps == doubt.since_ps &&
      swept_.back().is_complaint == doubt.is_complaint) {
    swept_.back().end = doubt.end;
  } else {
    swept_.push_back(doubt);
  }
}

// Finds out of which parts of fresh_, about which `receiver` complains now, enough receivers do.
void ComplaintBook::CountComplaints(std::uint64_t receiver) {
  if (rule_.complaints_needed <= StakeOf(receiver)) {
    ordered_ = fresh_;
    return;
  }
  parts_.clear();
  for (const Stretch& fresh : fresh_) parts_.push_back({fresh, StakeOf(receiver)});
  // Where even all that are still to be asked would not do, nobody is asked.
  std::uint64_t unasked = total_stake_ - StakeOf(receiver);
  for (std::uint64_t other = 0; other < doubts_.size(); ++other) {
    if (other == receiver) continue;
    counted_.clear();
    unasked -= StakeOf(other);
    const std::uint64_t hopeless =
        rule_.complaints_needed - std::min(rule_.complaints_needed, unasked);
    AddComplaintsOf(other, hopeless);
    parts_.swap(counted_);
    if (parts_.empty()) return;
  }
  for (const Part& part : parts_) {
    if (part.stake < rule_.complaints_needed) continue;
    if (!ordered_.empty() && ordered_.back().end == part.where.begin) {
      ordered_.back().end = part.where.end;
    } else {
      ordered_.push_back(part.where);
    }
  }
}

// Moves parts_ to counted_, with the complaints of one more receiver, but for those that are left
// with less stake than `least`.
void ComplaintBook::AddComplaintsOf(std::uint64_t receiver, std::uint64_t least) {
  const auto keep = [&](std::uint64_t begin, std::uint64_t end, std::uint64_t stake) {
    if (begin < end && stake >= least) counted_.push_back({{begin, end}, stake});
  };
  const Doubts& doubts = doubts_[receiver];
  auto at = doubts.begin();
  for (const Part& part : parts_) {
    std::uint64_t begin = part.where.begin;
    at = FirstBeyond(at, doubts.end(), begin);
    for (auto doubt = at; doubt != doubts.end() && doubt->begin < part.where.end; ++doubt) {
      if (!doubt->is_complaint) continue;
      const std::uint64_t from = std::max(begin, doubt->begin);
      keep(begin, from, part.stake);
      begin = std::min(doubt->end, part.where.end);
      keep(from, begin, part.stake + StakeOf(receiver));
    }
    keep(begin, part.where.end, part.stake);
  }
}

// The first from `at` on that ends beyond `place`, which is near as a rule.
ComplaintBook::Doubts::const_iterator ComplaintBook::FirstBeyond(Doubts::const_iterator at,
                                                                 Doubts::const_iterator end,
                                                                 std::uint64_t place) {
  std::ptrdiff_t step = 1;
  while (end - at > step && at[step - 1].end <= place) {
    at += step;
    step *= 2;
  }
  return std::upper_bound(
      at, at + std::min(step, end - at), place,
      [](std::uint64_t wanted, const Doubt& doubt) { return wanted < doubt.end; });
}

// Takes what is ordered out of what a receiver has reported.
void ComplaintBook::EraseOrdered(Doubts& doubts) {
  const auto low = FirstBeyond(doubts.cbegin(), doubts.cend(), ordered_.front().begin);
  swept_.clear();
  auto high = low;
  auto next = ordered_.begin();
  for (; high != doubts.cend() && high->begin < ordered_.back().end; ++high) {
    Doubt left = *high;
    while (next != ordered_.end() && next->end <= left.begin) ++next;
    for (auto at = next; at != ordered_.end() && at->begin < left.end; ++at) {
      if (left.begin < at->begin)
        swept_.push_back({left.begin, at->begin, left.since_ps, left.is_complaint});
      left.begin = std::min(left.end, at->end);
    }
    if (left.begin < left.end) swept_.push_back(left);
  }
  if (low == high) return;
  // What fits is put in the place of what goes.
  const auto fitting = std::min<std::ptrdiff_t>(high - low, std::ssize(swept_));
  const auto to = doubts.begin() + (low - doubts.cbegin());
  std::copy(swept_.begin(), swept_.begin() + fitting, to);
  if (to + fitting == doubts.begin() + (high - doubts.cbegin())) {
    doubts.insert(to + fitting, swept_.begin() + fitting, swept_.end());
  } else {
    doubts.erase(to + fitting, high);
  }
}

}  // namespace lockstep::analysis
