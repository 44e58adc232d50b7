// Complaints and attempts: see resend.h.

#include "protocols/picsou/resend.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace lockstep::picsou {

ComplaintTracker::ComplaintTracker(std::uint64_t lanes, std::uint32_t receivers,
                                   std::uint64_t complaints_needed, RepeatInterval repeat_interval,
                                   std::vector<std::uint32_t> stake)
    : line_(lanes),
      complaints_needed_(complaints_needed),
      stake_(std::move(stake)),
      interval_(std::move(repeat_interval)),
      acknowledged_(receivers),
      missing_(receivers) {}

std::size_t ComplaintTracker::size() const {
  std::size_t sum = attempts_.intervals().size();
  for (const MissingMap& missing : missing_) sum += missing.intervals().size();
  return sum;
}

void ComplaintTracker::TakeBackBelow(std::uint32_t receiver, std::uint64_t cumulative) {
  acknowledged_[receiver] = std::max(acknowledged_[receiver], cumulative);
  const core::LaneLine::Cut cut = line_.CutAt(cumulative);
  missing_[receiver].CutEachBelow([&](std::uint64_t place) { return cut.InLaneOf(place); });
}

std::vector<Attempt> ComplaintTracker::Report(core::Instant now, std::uint32_t receiver,
                                              const Ack& ack, std::uint64_t quack) {
  std::vector<Attempt> noted;
  const bool may_count = quack >= ack.cumulative;
  if (ack.cumulative < acknowledged_[receiver]) return noted;
  acknowledged_[receiver] = ack.cumulative;
  const std::uint64_t from = std::max(quack, ack.cumulative);
  const core::LaneLine::Cut cut = line_.CutAt(from);
  missing_[receiver].CutEachBelow([&](std::uint64_t place) { return cut.InLaneOf(place); });
  ListJudged(ack, from, std::max(ack.phi_end, ack.cumulative + 1));
  if (judged_.empty()) return noted;
  fresh_.clear();
  missing_[receiver].UpdateEach(
      judged_, scratch_,
      [&](const Judged& judged, std::uint64_t begin, std::uint64_t end, const Missing* old) {
        if (!judged.is_missing) return std::optional<Missing>();
        if (old == nullptr) return std::optional<Missing>(Missing{now, false});
        const bool is_repeat = may_count && now - old->since >= interval_.After(judged.attempts);
        if (!is_repeat || old->is_complaint) return std::optional<Missing>(*old);
        fresh_.push_back({begin, end});
        return std::optional<Missing>(Missing{old->since, true});
      });
  for (const Stretch& fresh : fresh_) CountComplaints(fresh, noted);
  if (attempts_.intervals().size() >= prune_at_) PruneAttempts(quack);
  return noted;
}

void ComplaintTracker::ListJudged(const Ack& ack, std::uint64_t from, std::uint64_t to) {
  judged_.clear();
  held_.clear();
  if (from >= to) return;
  for (const core::Run& run : ack.phi) {
    core::ForEachLane(run, line_.lanes(),
                      [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t end) {
                        held_.push_back({line_.Begin(lane) + begin, line_.Begin(lane) + end});
                      });
  }
  const auto by_begin = [](const Stretch& a, const Stretch& b) { return a.begin < b.begin; };
  // An honest list is sorted by lane already.
  if (!std::is_sorted(held_.begin(), held_.end(), by_begin)) {
    std::sort(held_.begin(), held_.end(), by_begin);
  }
  const core::LaneLine::Cut low = line_.CutAt(from);
  const core::LaneLine::Cut high = line_.CutAt(to);
  auto held = held_.begin();
  line_.ForEachLaneIn(from, to, [&](std::uint64_t lane) {
    std::uint64_t at = low.In(lane);
    const std::uint64_t stop = high.In(lane);
    for (; held != held_.end() && held->begin < stop; ++held) {
      if (held->end <= at) continue;
      if (held->begin > at) AddMissing(at, held->begin);
      const std::uint64_t begin = std::max(at, held->begin);
      at = std::min(held->end, stop);
      if (begin < at) judged_.push_back({begin, at, false, 0});
    }
    if (at < stop) AddMissing(at, stop);
  });
}

void ComplaintTracker::AddMissing(std::uint64_t begin, std::uint64_t end) {
  if (attempts_.empty()) {
    judged_.push_back({begin, end, true, 0});
    return;
  }
  attempts_.ForEach(begin, end, [&](std::uint64_t from, std::uint64_t to, const std::uint64_t* n) {
    judged_.push_back({from, to, true, n == nullptr ? 0 : *n});
  });
}

void ComplaintTracker::CountComplaints(const Stretch& fresh, std::vector<Attempt>& noted) {
  core::IntervalMap<std::uint64_t> complainers;  // their number, or stake
  for (std::size_t i = 0; i < missing_.size(); ++i) {
    const std::uint64_t weight = stake_.empty() ? 1 : stake_[i];
    missing_[i].ForEach(
        fresh.begin, fresh.end, [&](std::uint64_t begin, std::uint64_t end, const Missing* entry) {
          if (entry == nullptr || !entry->is_complaint) return;
          complainers.Update(begin, end,
                             [&](std::uint64_t, std::uint64_t, const std::uint64_t* sum) {
                               return std::optional(sum == nullptr ? weight : *sum + weight);
                             });
        });
  }
  for (const auto& agreed : complainers.intervals()) {
    if (agreed.value < complaints_needed_) continue;
    for (MissingMap& missing : missing_) missing.Erase(agreed.begin, agreed.end);
    attempts_.Update(agreed.begin, agreed.end,
                     [&](std::uint64_t begin, std::uint64_t end, const std::uint64_t* old) {
                       const std::uint64_t next = old == nullptr ? 1 : *old + 1;
                       noted.push_back(Attempt{line_.RunAt(begin, end), next});
                       interval_.OnAttempt(noted.back().positions);
                       return std::optional<std::uint64_t>(next);
                     });
  }
}

void ComplaintTracker::PruneAttempts(std::uint64_t quack) {
  const core::LaneLine::Cut cut = line_.CutAt(quack);
  attempts_.CutEachBelow([&](std::uint64_t place) { return cut.InLaneOf(place); });
  prune_at_ = std::max(kPruneFirst, 2 * attempts_.intervals().size());
}

}  // namespace lockstep::picsou
