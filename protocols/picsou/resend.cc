// Complaints and attempts: see resend.h.

#include "protocols/picsou/resend.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace lockstep::picsou {

ComplaintTracker::ComplaintTracker(std::uint64_t period, std::uint32_t receivers,
                                   std::uint32_t complaints_needed, core::Duration repeat_interval)
    : period_(period),
      complaints_needed_(complaints_needed),
      repeat_interval_(repeat_interval),
      lanes_(period) {
  for (Lane& lane : lanes_) lane.missing.resize(receivers);
}

std::uint64_t ComplaintTracker::IndexAtLeast(std::uint64_t lane, std::uint64_t position) const {
  return position <= lane ? 0 : (position - lane + period_ - 1) / period_;
}

void ComplaintTracker::TakeBackBelow(std::uint32_t receiver, std::uint64_t cumulative) {
  for (std::uint64_t lane = 0; lane < period_; ++lane) {
    lanes_[lane].missing[receiver].EraseBelow(IndexAtLeast(lane, cumulative));
  }
}

std::vector<Attempt> ComplaintTracker::Report(core::Instant now, std::uint32_t receiver,
                                              const Ack& ack, std::uint64_t quack) {
  TakeBackBelow(receiver, ack.cumulative);
  std::vector<Attempt> noted;
  const bool may_count = quack >= ack.cumulative;
  const std::uint64_t from = std::max(quack, ack.cumulative);
  const std::uint64_t to = std::max(ack.phi_end, ack.cumulative + 1);
  if (from >= to) return noted;
  std::vector<core::IntervalMap<bool>> held(period_);
  for (const core::Run& run : ack.phi) {
    core::ForEachLane(run, period_, [&](std::uint64_t lane, std::uint64_t b, std::uint64_t e) {
      held[lane].Assign(b, e, true);
    });
  }
  for (std::uint64_t lane = 0; lane < period_; ++lane) {
    core::IntervalMap<Missing>& missing = lanes_[lane].missing[receiver];
    held[lane].ForEach(IndexAtLeast(lane, from), IndexAtLeast(lane, to),
                       [&](std::uint64_t b, std::uint64_t e, const bool* is_held) {
                         if (is_held != nullptr) {
                           missing.Erase(b, e);
                         } else {
                           Miss(now, receiver, Judged{lane, b, e}, may_count, noted);
                         }
                       });
  }
  return noted;
}

void ComplaintTracker::Miss(core::Instant now, std::uint32_t receiver, const Judged& judged,
                            bool may_count, std::vector<Attempt>& noted) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> complaints;
  lanes_[judged.lane].missing[receiver].Update(
      judged.begin, judged.end, [&](std::uint64_t b, std::uint64_t e, const Missing* old) {
        if (old == nullptr) return std::optional<Missing>(Missing{now, false});
        const bool is_repeat = may_count && now - old->since >= repeat_interval_;
        if (!is_repeat || old->is_complaint) return std::optional<Missing>(*old);
        complaints.emplace_back(b, e);
        return std::optional<Missing>(Missing{old->since, true});
      });
  for (const auto& [begin, end] : complaints) CountComplaints(judged.lane, begin, end, noted);
}

void ComplaintTracker::CountComplaints(std::uint64_t lane, std::uint64_t begin, std::uint64_t end,
                                       std::vector<Attempt>& noted) {
  Lane& at = lanes_[lane];
  core::IntervalMap<std::uint32_t> complainers;
  for (const core::IntervalMap<Missing>& missing : at.missing) {
    missing.ForEach(begin, end, [&](std::uint64_t b, std::uint64_t e, const Missing* entry) {
      if (entry == nullptr || !entry->is_complaint) return;
      complainers.Update(b, e, [](std::uint64_t, std::uint64_t, const std::uint32_t* count) {
        return std::optional<std::uint32_t>(count == nullptr ? 1 : *count + 1);
      });
    });
  }
  for (const auto& agreed : complainers.intervals()) {
    if (agreed.value < complaints_needed_) continue;
    for (core::IntervalMap<Missing>& missing : at.missing) missing.Erase(agreed.begin, agreed.end);
    at.attempts.Update(
        agreed.begin, agreed.end, [&](std::uint64_t b, std::uint64_t e, const std::uint64_t* old) {
          const std::uint64_t next = old == nullptr ? 1 : *old + 1;
          noted.push_back(Attempt{core::Run{lane + period_ * b, e - b, period_}, next});
          return std::optional<std::uint64_t>(next);
        });
  }
}

void ComplaintTracker::ForgetBelow(std::uint64_t quack) {
  for (std::uint64_t lane = 0; lane < period_; ++lane) {
    const std::uint64_t index = IndexAtLeast(lane, quack);
    for (core::IntervalMap<Missing>& missing : lanes_[lane].missing) missing.EraseBelow(index);
    lanes_[lane].attempts.EraseBelow(index);
  }
}

}  // namespace lockstep::picsou
