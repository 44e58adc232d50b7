// The bound on sends: see send_bound.h.

#include "analysis/c3b/send_bound.h"

#include <algorithm>

namespace lockstep::analysis {

SendBound::SendBound(const Schedule& schedule, std::uint64_t faulty_senders,
                     std::uint64_t faulty_receivers)
    : schedule_(schedule), faults_(faulty_senders + faulty_receivers) {
  const std::uint64_t lap = schedule.pairings();
  of_lap_ = std::min(lap, faulty_senders * (lap / schedule.senders) +
                              faulty_receivers * (lap / schedule.receivers) + 1);
  const bool is_sparse = std::min(schedule.senders, schedule.receivers) > faults_;
  always_kept_ = is_sparse ? std::min(of_lap_, faults_ + 1) : of_lap_;
}

SendBound::Judgement SendBound::Judge(std::uint64_t lane, std::span<const Pair> failed,
                                      bool is_settled) const {
  const std::uint64_t lap = schedule_.pairings();
  std::uint64_t counted = 0;
  std::uint64_t designated = 0;
  std::uint64_t reach = 0;  // one past the greatest attempt
  for (std::size_t i = 0; i < failed.size(); ++i) {
    const auto before = failed.first(i);
    if (std::find(before.begin(), before.end(), failed[i]) != before.end()) continue;
    const std::uint64_t attempt = AttemptOf(lane, failed[i]);
    if (attempt == lap && !failed[i].is_from_correct) continue;
    ++counted;
    if (attempt == lap) continue;
    ++designated;
    reach = std::max(reach, attempt + 1);
  }
  Judgement judgement{counted + (is_settled ? 1 : 0), of_lap_};
  if (std::min(schedule_.senders, schedule_.receivers) > faults_) {
    const std::uint64_t skipped = reach - designated;
    judgement.bound = std::min(judgement.bound, faults_ * (skipped + 1) + 1);
  }
  return judgement;
}

std::uint64_t SendBound::AttemptOf(std::uint64_t lane, const Pair& pair) const {
  const std::uint64_t lap = schedule_.pairings();
  std::uint64_t attempt = schedule_.FirstAttemptOf(pair.from, lane) % schedule_.senders;
  for (; attempt < lap; attempt += schedule_.senders) {
    if (schedule_.Receiver(lane, attempt) == pair.to) return attempt;
  }
  return lap;
}

}  // namespace lockstep::analysis
