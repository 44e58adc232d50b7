// The bound on sends: see send_bound.h.

#include "analysis/c3b/send_bound.h"

#include <algorithm>

namespace lockstep::analysis {

SendBound::SendBound(const Schedule& schedule, std::uint64_t faulty_senders,
                     std::uint64_t faulty_receivers)
    : schedule_(schedule),
      faults_(faulty_senders * schedule.sender_scale() +
              faulty_receivers * schedule.receiver_scale()) {
  if (schedule.has_stake() || schedule.is_artifact()) return;  // Depends on the message.
  const std::uint64_t lap = schedule.pairings(0);
  of_lap_ = std::min(lap, faulty_senders * (lap / schedule.senders()) +
                              faulty_receivers * (lap / schedule.receivers()) + 1);
  const bool is_sparse = std::min(schedule.senders(), schedule.receivers()) > faults_;
  always_kept_ = is_sparse ? std::min(of_lap_, faults_ + 1) : of_lap_;
}

SendBound::Judgement SendBound::Judge(std::uint64_t number, std::span<const Pair> failed,
                                      bool is_settled) const {
  const std::uint64_t lap = schedule_.pairings(number);
  std::uint64_t counted = 0;
  std::uint64_t designated = 0;
  std::uint64_t reach = 0;
  for (std::size_t i = 0; i < failed.size(); ++i) {
    const auto before = failed.first(i);
    if (std::find(before.begin(), before.end(), failed[i]) != before.end()) continue;
    const std::uint64_t attempt = schedule_.AttemptOf(failed[i].from, failed[i].to, number);
    if (attempt == lap && !failed[i].is_from_correct) continue;
    ++counted;
    if (attempt == lap) continue;
    ++designated;
    reach = std::max(reach, attempt + 1);
  }
  return {counted + (is_settled ? 1 : 0), BoundOf(number, reach, designated)};
}

std::uint64_t SendBound::BoundOf(std::uint64_t number, std::uint64_t reach,
                                 std::uint64_t designated) const {
  if (schedule_.is_artifact()) return schedule_.pairings(number);
  if (schedule_.has_stake()) return BoundByStake(*schedule_.LapOf(number), reach);
  if (std::min(schedule_.senders(), schedule_.receivers()) <= faults_) return of_lap_;
  return std::min(of_lap_, faults_ * (reach - designated + 1) + 1);
}

std::uint64_t SendBound::BoundByStake(const Schedule::Lap& lap, std::uint64_t reach) const {
  // M: in order, so many pieces may have a faulty end.
  std::uint64_t in_order = 0;
  std::uint64_t left = faults_;
  while (in_order < lap.size() && lap[in_order].stake <= left) left -= lap[in_order++].stake;
  std::vector<std::uint64_t> pieces;
  for (std::uint64_t t = 0; t < std::max(reach, in_order); ++t) pieces.push_back(lap[t].stake);
  std::sort(pieces.begin(), pieces.end());
  std::uint64_t most = 0;  // K
  left = faults_;
  while (most < pieces.size() && pieces[most] <= left) left -= pieces[most++];
  return std::min<std::uint64_t>(lap.size(), most + 1);
}

}  // namespace lockstep::analysis
