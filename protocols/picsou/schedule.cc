// Turns and pairings by stake: see schedule.h.

#include "protocols/picsou/schedule.h"

#include <numeric>

#include "protocols/core/apportion.h"

namespace lockstep::picsou {
namespace {

// Positions are held in runs of one lane. With a lane for each pair of slots a run goes on for
// ever, but a replica's share of a batch is as many runs as it has pairs of slots with the
// receiver; with a lane for each slot of the senders a run is as long as the receiver's share. The
// former where a batch of so many messages is fewer runs that way; never so many lanes as to cost
// more.
constexpr std::uint64_t kMessagesOfBatch = 2048;
constexpr std::uint64_t kLanesMost = 4096;

std::uint64_t LanesByStake(const Turns& senders, const Turns& receivers) {
  const std::uint64_t all = senders.slots() * receivers.slots();
  const std::uint64_t of_receiver = receivers.ShareMost();
  const bool is_short = senders.ShareMost() * of_receiver * of_receiver <= kMessagesOfBatch;
  return all <= kLanesMost && is_short ? all : senders.slots();
}

std::vector<std::uint64_t> Scaled(const core::Cluster& cluster, std::uint64_t by) {
  std::vector<std::uint64_t> scaled;
  for (std::uint64_t i = 0; i < cluster.size; ++i) scaled.push_back(cluster.StakeOf(i) * by);
  return scaled;
}

}  // namespace

Turns::Turns(const core::Cluster& cluster) : replicas_(cluster.size), slots_(cluster.size) {
  if (!cluster.has_stake()) return;
  std::uint64_t divisor = 0;
  for (const std::uint32_t stake : cluster.stake) divisor = std::gcd(divisor, std::uint64_t{stake});
  slots_ = std::min(cluster.total_stake() / divisor, std::max(kQuantumMost, replicas_));
  begins_.push_back(0);
  for (const std::uint64_t share : core::Apportion(cluster.stake, slots_)) {
    const auto replica = static_cast<std::uint32_t>(begins_.size() - 1);
    replica_at_.insert(replica_at_.end(), share, replica);
    begins_.push_back(static_cast<std::uint32_t>(replica_at_.size()));
  }
}

std::uint64_t Turns::ShareMost() const {
  std::uint64_t most = 0;
  for (std::uint64_t i = 0; i < replicas_; ++i) most = std::max(most, Share(i));
  return most;
}

Schedule::Schedule(std::uint64_t senders, std::uint64_t receivers)
    : senders_(senders), receivers_(receivers), lanes_(senders * receivers) {}

Schedule::Schedule(const core::Cluster& senders, const core::Cluster& receivers)
    : senders_(senders), receivers_(receivers), lanes_(senders_.slots() * receivers_.slots()) {
  if (!senders.has_stake() && !receivers.has_stake()) return;
  lanes_ = LanesByStake(senders_, receivers_);
  // By lcm / sum each; with at most core::kTotalStakeMost on either side, nothing passes 2^60.
  const std::uint64_t divisor = std::gcd(senders.total_stake(), receivers.total_stake());
  sender_stake_ = Scaled(senders, receivers.total_stake() / divisor);
  receiver_stake_ = Scaled(receivers, senders.total_stake() / divisor);
}

std::uint64_t Schedule::Alike(std::uint64_t position) const {
  if (lanes_ == senders_.slots() * receivers_.slots())
    return std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t slot = ReceiverSlot(position);
  const std::uint64_t receiver = receivers_.ReplicaAt(slot);
  return receivers_.Begin(receiver) + receivers_.Share(receiver) - slot;
}

Schedule::Pair Schedule::PairOf(std::uint64_t position, std::uint64_t attempt) const {
  const Pair first = FirstOf(position);
  if (attempt == 0) return first;
  if (!sender_stake_.empty()) return ByStake(first, attempt);
  return {(first.sender + attempt) % senders(), (first.receiver + attempt) % receivers()};
}

Schedule::Pair Schedule::ByStake(const Pair& first, std::uint64_t attempt) const {
  Pair at = first;
  std::uint64_t sender_left = sender_stake_[at.sender];
  std::uint64_t receiver_left = receiver_stake_[at.receiver];
  for (std::uint64_t i = 1; i <= attempt; ++i) {
    const std::uint64_t used = std::min(sender_left, receiver_left);
    sender_left -= used;
    receiver_left -= used;
    const bool is_next = sender_left == 0 && receiver_left == 0;
    if (sender_left == 0) {
      at.sender = (at.sender + 1) % senders();
      sender_left = sender_stake_[at.sender];
    }
    if (receiver_left == 0) {
      at.receiver = (at.receiver + 1) % receivers();
      receiver_left = receiver_stake_[at.receiver];
    }
    // All is used up: the i-th is the first again.
    if (is_next && at == first) return ByStake(first, attempt % i);
  }
  return at;
}

}  // namespace lockstep::picsou
