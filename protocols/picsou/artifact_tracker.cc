// The artifact's counting: see artifact_tracker.h.

#include "protocols/picsou/artifact_tracker.h"

#include <algorithm>

namespace lockstep::picsou {

ArtifactTracker::ArtifactTracker(const ArtifactSchedule& schedule, std::uint32_t self,
                                 const core::Cluster& receivers)
    : schedule_(schedule), self_(self), f_(receivers.u) {
  for (std::uint64_t j = 0; j < receivers.size; ++j) stake_.push_back(receivers.StakeOf(j));
}

void ArtifactTracker::Advance(std::uint64_t quack) {
  if (quack <= base_) return;
  const std::uint64_t settled = std::min<std::uint64_t>(quack - base_, entries_.size());
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(settled));
  base_ = quack;
}

// Marks in held_ what of [begin, end) the receiver says that it has.
void ArtifactTracker::ListHeld(const Ack& ack, std::uint64_t begin, std::uint64_t end) {
  held_.assign(end - begin, 0);
  const std::uint64_t below = std::clamp(ack.cumulative, begin, end);
  std::fill_n(held_.begin(), below - begin, std::uint8_t{1});
  for (const core::Run& run : ack.phi) {
    if (run.count == 0 || run.first >= end) continue;
    const std::uint64_t stride = std::max<std::uint64_t>(run.stride, 1);
    const std::uint64_t skipped =
        run.first >= begin ? 0 : (begin - run.first + stride - 1) / stride;
    // Of what repeats itself, once is enough.
    const std::uint64_t count = run.stride == 0 ? 1 : run.count;
    for (std::uint64_t i = skipped; i < count && run.At(i) < end; ++i) held_[run.At(i) - begin] = 1;
  }
}

const std::vector<ArtifactTracker::Order>& ArtifactTracker::Report(std::uint32_t receiver,
                                                                   const Ack& ack,
                                                                   std::uint64_t quack) {
  ordered_.clear();
  Advance(quack);
  const std::uint64_t said = ack.phi_end > 0 ? ack.phi_end : ack.cumulative + 1;
  const std::uint64_t end = std::min(said, base_ + kJudgedMost);
  if (end <= base_) return ordered_;
  ListHeld(ack, base_, end);
  while (base_ + entries_.size() < end) {
    entries_.emplace_back();
    entries_.back().is_open = schedule_.Sender(base_ + entries_.size() - 1) != self_;
  }
  for (std::uint64_t i = 0; i < end - base_; ++i)
    if (entries_[i].is_open) Judge(entries_[i], base_ + i, receiver, held_[i] != 0);
  return ordered_;
}

void ArtifactTracker::Judge(Entry& entry, std::uint64_t position, std::uint32_t receiver,
                            bool is_held) {
  if (entry.said.empty()) entry.said.resize(stake_.size(), 0);
  std::uint8_t& said = entry.said[receiver];
  if ((said & kSilenced) != 0) return;
  if (is_held) {
    said |= kSilenced;
    entry.settled += stake_[receiver];
    if (entry.settled > f_) entry.is_open = false;
    return;
  }
  // A count of kAttemptsMost takes one more report than that; what comes then changes nothing.
  if (said > kAttemptsMost) return;
  ++said;
  // One report moves one count by one, and so c by one at most.
  const unsigned next = entry.attempts + 1U;
  std::uint64_t stake = 0;
  for (std::size_t j = 0; j < stake_.size(); ++j)
    if (static_cast<unsigned>(entry.said[j] & ~kSilenced) >= next + 1) stake += stake_[j];
  if (stake <= f_) return;
  entry.attempts = static_cast<std::uint8_t>(next);
  ordered_.push_back({position, next});
  if (next == kAttemptsMost) entry.is_open = false;
}

std::uint64_t ArtifactTracker::AttemptsOn(std::uint64_t position) const {
  if (position < base_ || position - base_ >= entries_.size()) return 0;
  return entries_[position - base_].attempts;
}

}  // namespace lockstep::picsou
