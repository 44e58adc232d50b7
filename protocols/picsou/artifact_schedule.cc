// The artifact's schedule: see artifact_schedule.h.

#include "protocols/picsou/artifact_schedule.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace lockstep::picsou {
namespace {

std::vector<std::uint64_t> StakeOf(const core::Cluster& cluster, std::uint64_t scale) {
  std::vector<std::uint64_t> stake;
  for (std::uint64_t i = 0; i < cluster.size; ++i) stake.push_back(cluster.StakeOf(i) * scale);
  return stake;
}

bool IsOneEach(const core::Cluster& cluster) { return cluster.total_stake() == cluster.size; }

// slot -> replica
std::vector<std::uint32_t> SlotsOf(const core::Cluster& cluster, std::uint64_t quantum) {
  std::vector<std::uint32_t> slots;
  std::uint32_t replica = 0;
  for (const std::uint64_t share : ArtifactShares(StakeOf(cluster, 1), quantum))
    slots.insert(slots.end(), share, replica++);
  return slots;
}

}  // namespace

std::vector<std::uint64_t> ArtifactShares(std::span<const std::uint64_t> stake,
                                          std::uint64_t quantum) {
  const auto sum =
      static_cast<double>(  // float-ok: IEEE division of whole numbers, the same everywhere.
          std::accumulate(stake.begin(), stake.end(), std::uint64_t{0}));
  const auto each = sum / static_cast<double>(quantum);  // float-ok: the artifact's own arithmetic.
  std::vector<std::uint64_t> shares;
  std::vector<double> remainders;  // float-ok: compared only, with those of the same run.
  std::uint64_t left = quantum;
  for (const std::uint64_t one : stake) {
    const auto quota = static_cast<double>(one) / each;  // float-ok: as above.
    // Quotas are a 2^-30 from the next whole number, or whole: rounding takes one away at most.
    const auto share = std::min(left, static_cast<std::uint64_t>(quota));
    shares.push_back(share);
    remainders.push_back(quota - static_cast<double>(share));  // float-ok: as above.
    left -= share;
  }
  std::vector<std::size_t> order(stake.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainders[a] < remainders[b]; });
  for (std::size_t i = 0; left > 0; ++i, --left) ++shares[order[i % order.size()]];
  return shares;
}

ArtifactSchedule::ArtifactSchedule(const core::Cluster& senders, const core::Cluster& receivers)
    : is_equal_(senders.size == receivers.size && IsOneEach(senders) && IsOneEach(receivers)) {
  // Below 2^60: totals are at most core::kTotalStakeMost.
  const std::uint64_t common = std::lcm(senders.total_stake(), receivers.total_stake());
  quantum_ = std::min(common, kQuantumMost);
  if (is_equal_) quantum_ = senders.size;
  period_ = std::bit_ceil(quantum_ * quantum_ * (quantum_ - 1));
  sender_at_ = SlotsOf(senders, quantum_);
  receiver_at_ = SlotsOf(receivers, quantum_);
  if (is_equal_) {
    // As long as runs do not care that the schedule starts over.
    const std::uint64_t pairs = quantum_ * quantum_;
    stride_ = period_ % pairs == 0 ? pairs : period_;
    needed_ = std::uint64_t{senders.u} + receivers.u + 1;
    return;
  }
  const std::uint64_t sender_scale = common / senders.total_stake();
  const std::uint64_t receiver_scale = common / receivers.total_stake();
  needed_ = senders.u * sender_scale + receivers.u * receiver_scale + 1;
  sender_stake_ = StakeOf(senders, sender_scale);
  receiver_stake_ = StakeOf(receivers, receiver_scale);
}

ArtifactSchedule::List ArtifactSchedule::ListOf(std::uint64_t position) const {
  return is_equal_ ? EqualList(position) : UnequalList(position);
}

ArtifactSchedule::Turns ArtifactSchedule::TurnsOf(std::uint64_t position,
                                                  std::uint32_t sender) const {
  Turns turns;
  const List list = ListOf(position);
  for (std::uint64_t t = 0; t < list.size(); ++t) {
    if (list[t].sender != sender) continue;
    if (turns.receivers.empty()) turns.first = t;
    turns.receivers.push_back(list[t].receiver);
  }
  return turns;
}

ArtifactSchedule::List ArtifactSchedule::EqualList(std::uint64_t position) const {
  const std::uint64_t n = quantum_;
  List list = {{Sender(position), Receiver(position)}};
  if (n == 1) return list;
  const std::uint64_t offset = Reduced(position) / (n * n) % (n - 1);
  for (std::uint64_t d = offset + 1; list.size() < needed_; ++d) {
    if (d % n == 0) continue;  // The first sender, and the first receiver.
    list.push_back({static_cast<std::uint32_t>((list[0].sender + d) % n),
                    static_cast<std::uint32_t>((list[0].receiver + d) % n)});
  }
  return list;
}

ArtifactSchedule::List ArtifactSchedule::UnequalList(std::uint64_t position) const {
  Pair at = {Sender(position), Receiver(position)};
  std::uint64_t sender_left = sender_stake_[at.sender];
  std::uint64_t receiver_left = receiver_stake_[at.receiver];
  List list;
  for (std::uint64_t used = 0; used < needed_;) {
    list.push_back(at);
    const std::uint64_t uses = std::min(sender_left, receiver_left);
    used += uses;
    sender_left -= uses;
    receiver_left -= uses;
    if (sender_left == 0) {
      at.sender = static_cast<std::uint32_t>((at.sender + 1) % sender_stake_.size());
      sender_left = sender_stake_[at.sender];
    }
    if (receiver_left == 0) {
      at.receiver = static_cast<std::uint32_t>((at.receiver + 1) % receiver_stake_.size());
      receiver_left = receiver_stake_[at.receiver];
    }
  }
  return list;
}

}  // namespace lockstep::picsou
