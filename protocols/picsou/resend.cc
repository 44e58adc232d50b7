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

ComplaintTracker::ComplaintTracker(const Schedule& schedule, std::uint64_t complaints_needed,
                                   RepeatInterval repeat_interval, std::vector<std::uint32_t> stake)
    : ComplaintTracker(schedule.lanes(), static_cast<std::uint32_t>(schedule.receivers()),
                       complaints_needed, std::move(repeat_interval), std::move(stake)) {
  const std::uint64_t of_senders = schedule.receivers() * schedule.senders();
  if (!schedule.has_stake() || of_senders > kNewsMost) return;
  by_stake_ = schedule;
  const bool has_pairs = of_senders * schedule.receivers() <= kNewsMost;
  news_.assign(schedule.receivers(), {std::vector<Newest>(has_pairs ? of_senders : 0),
                                      std::vector<Newest>(schedule.senders())});
}

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
  const std::uint64_t known = std::exchange(acknowledged_[receiver], ack.cumulative);
  const std::uint64_t from = std::max(quack, ack.cumulative);
  const core::LaneLine::Cut cut = line_.CutAt(from);
  missing_[receiver].CutEachBelow([&](std::uint64_t place) { return cut.InLaneOf(place); });
  ListJudged(ack, from, std::max(ack.phi_end, ack.cumulative + 1));
  if (by_stake_) LookForNews(now, receiver, known, ack);
  if (judged_.empty()) return noted;
  fresh_.clear();
  suspect_.clear();
  missing_[receiver].UpdateEach(
      judged_, scratch_,
      [&](const Judged& judged, std::uint64_t begin, std::uint64_t end, const Missing* old) {
        if (!judged.is_missing) return std::optional<Missing>();
        if (old == nullptr) return std::optional<Missing>(Missing{now, false});
        const bool is_repeat = may_count && now - old->since >= interval_.After(judged.attempts);
        if (!is_repeat || old->is_complaint) return std::optional<Missing>(*old);
        if (by_stake_) {
          suspect_.push_back({begin, end, true, judged.attempts});
          return std::optional<Missing>(*old);
        }
        fresh_.push_back({begin, end});
        return std::optional<Missing>(Missing{old->since, true});
      });
  JudgeSuspects(now, receiver);
  for (const Stretch& fresh : fresh_) CountComplaints(fresh, noted);
  if (attempts_.intervals().size() >= prune_at_) PruneAttempts(quack);
  return noted;
}

void ComplaintTracker::Show(core::Instant now, News& news, std::uint64_t begin,
                            std::uint64_t end) const {
  while (begin < end) {
    // In lanes the next position is another pair's.
    const std::uint64_t alike = by_stake_->is_dense() ? by_stake_->Alike(begin) : 1;
    const std::uint64_t piece_end = std::min(end, begin + alike);
    const Schedule::Pair pair = by_stake_->PairOf(begin, 0);
    const auto show = [&](Newest& newest) {
      if (piece_end > newest.end) newest = {piece_end, now};
    };
    if (!news.of_pair.empty())
      show(news.of_pair[pair.sender * by_stake_->receivers() + pair.receiver]);
    show(news.of_sender[pair.sender]);
    begin = piece_end;
  }
}

void ComplaintTracker::LookForNews(core::Instant now, std::uint32_t receiver, std::uint64_t from,
                                   const Ack& ack) {
  News& news = news_[receiver];
  Show(now, news, from, ack.cumulative);
  for (const core::Run& run : ack.phi) {
    if (run.stride == 1) {
      Show(now, news, run.first, run.Last() + 1);
    } else {
      for (std::uint64_t i = by_stake_->is_dense() ? 0 : run.count - 1; i < run.count; ++i)
        Show(now, news, run.At(i), run.At(i) + 1);
    }
  }
}

void ComplaintTracker::JudgeSuspects(core::Instant now, std::uint32_t receiver) {
  for (Judged suspect : suspect_) {
    const std::uint64_t end = suspect.end;
    while (suspect.begin < end) {
      const std::uint64_t number = line_.Number(suspect.begin);
      const Schedule::Pair pair = by_stake_->PairOf(number, 0);
      const News& news = news_[receiver];
      const Newest& of_sender = news.of_sender[pair.sender];
      const Newest& of_pair =
          news.of_pair.empty() ? of_sender
                               : news.of_pair[pair.sender * by_stake_->receivers() + pair.receiver];
      // Below the newest of the pair, between it and that of the sender, and above both.
      const std::uint64_t alike =
          suspect.begin + std::min(end - suspect.begin, by_stake_->Alike(number));
      const auto until = [&](std::uint64_t limit) {
        return std::clamp(line_.CutAt(limit).InLaneOf(suspect.begin), suspect.begin, alike);
      };
      suspect.end = until(of_pair.end);
      JudgeSuspect(now, receiver, suspect, core::Instant());
      suspect.begin = suspect.end;
      suspect.end = until(of_sender.end);
      JudgeSuspect(now, receiver, suspect, of_pair.since);
      suspect.begin = suspect.end;
      suspect.end = alike;
      JudgeSuspect(now, receiver, suspect, std::max(of_pair.since, of_sender.since));
      suspect.begin = alike;
    }
  }
}

void ComplaintTracker::JudgeSuspect(core::Instant now, std::uint32_t receiver,
                                    const Judged& suspect, core::Instant since) {
  if (suspect.begin >= suspect.end) return;
  const bool is_due = now - since >= interval_.After(suspect.attempts);
  if (is_due) fresh_.push_back({suspect.begin, suspect.end});
  missing_[receiver].Update(
      suspect.begin, suspect.end, [&](std::uint64_t, std::uint64_t, const Missing* old) {
        return std::optional(is_due ? Missing{old->since, true} : Missing{since, false});
      });
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
