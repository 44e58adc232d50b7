// Turns and pairings by stake: see schedule.h.

#include "protocols/picsou/schedule.h"

#include <numeric>

#include "protocols/core/apportion.h"

namespace lockstep::picsou {
namespace {

// With a lane for each pair of slots a run goes on for ever, but a replica's share of a batch is as
// many runs as it has pairs of slots with the receiver. So these where a batch of so many messages
// is few runs, and never so many lanes as to cost more.
constexpr std::uint64_t kMessagesOfBatch = 2048;
constexpr std::uint64_t kLanesMost = 4096;

bool IsDense(const Turns& senders, const Turns& receivers) {
  const std::uint64_t of_receiver = receivers.ShareMost();
  return senders.slots() * receivers.slots() > kLanesMost ||
         senders.ShareMost() * of_receiver * of_receiver > kMessagesOfBatch;
}

std::vector<std::uint64_t> Scaled(const core::Cluster& cluster, std::uint64_t by) {
  std::vector<std::uint64_t> scaled;
  for (std::uint64_t i = 0; i < cluster.size; ++i) scaled.push_back(cluster.StakeOf(i) * by);
  return scaled;
}

}  // namespace

Turns::Turns(const core::Cluster& cluster) : replicas_(cluster.size), slots_(cluster.size) {
  if (!cluster.has_stake() && !cluster.has_positions()) return;
  if (cluster.has_positions()) {
    order_ = cluster.positions;
    place_.resize(replicas_);
    for (std::uint32_t p = 0; p < replicas_; ++p) place_[order_[p]] = p;
  }
  if (cluster.has_stake()) {
    std::uint64_t divisor = 0;
    for (const std::uint32_t stake : cluster.stake)
      divisor = std::gcd(divisor, std::uint64_t{stake});
    slots_ = std::min(cluster.total_stake() / divisor, std::max(kQuantumMost, replicas_));
    for (const std::uint64_t share : core::Apportion(cluster.stake, slots_))
      shares_.push_back(static_cast<std::uint32_t>(share));
  }
  begins_.resize(replicas_);
  for (std::uint64_t p = 0; p < replicas_; ++p) {
    const auto replica = static_cast<std::uint32_t>(cluster.IndexAt(p));
    begins_[replica] = static_cast<std::uint32_t>(replica_at_.size());
    replica_at_.insert(replica_at_.end(), Share(replica), replica);
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
  is_dense_ = IsDense(senders_, receivers_);
  if (is_dense_) lanes_ = 1;
  // By lcm / sum each; with at most core::kTotalStakeMost on either side, nothing passes 2^60.
  const std::uint64_t divisor = std::gcd(senders.total_stake(), receivers.total_stake());
  sender_stake_ = Scaled(senders, receivers.total_stake() / divisor);
  receiver_stake_ = Scaled(receivers, senders.total_stake() / divisor);
}

std::uint64_t Schedule::Alike(std::uint64_t position) const {
  if (!is_dense_) return std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t from = position % senders_.slots();
  const std::uint64_t to = ReceiverSlot(position);
  const Pair pair = FirstOf(position);
  return std::min(senders_.Begin(pair.sender) + senders_.Share(pair.sender) - from,
                  receivers_.Begin(pair.receiver) + receivers_.Share(pair.receiver) - to);
}

std::vector<Schedule::OwnRun> Schedule::DenseOwnRuns(std::uint64_t sender, std::uint64_t i,
                                                     std::uint64_t count) const {
  std::vector<OwnRun> runs;
  std::vector<core::Run> open(receivers());  // by receiver; count 0: none
  const auto close = [&](std::uint64_t receiver) {
    if (open[receiver].count > 0)
      runs.push_back({open[receiver], static_cast<std::uint32_t>(receiver)});
  };
  while (count > 0) {
    const std::uint64_t position = Own(sender, i);
    const std::uint64_t alike = std::min(count, Alike(position));
    const std::uint64_t receiver = FirstOf(position).receiver;
    core::Run& run = open[receiver];
    if (run.count == 1 && alike == 1) run.stride = position - run.first;
    if (run.count > 0 && run.At(run.count) == position && (alike == 1 || run.stride == 1)) {
      run.count += alike;
    } else {
      close(receiver);
      run = core::Run{position, alike, 1};
    }
    i += alike;
    count -= alike;
  }
  for (std::uint64_t receiver = 0; receiver < receivers(); ++receiver) close(receiver);
  return runs;
}

Schedule::Pair Schedule::PairOf(std::uint64_t position, std::uint64_t attempt) const {
  const Pair first = FirstOf(position);
  if (attempt == 0) return first;
  if (!sender_stake_.empty()) return ByStake(first, attempt);
  return {senders_.After(first.sender, attempt), receivers_.After(first.receiver, attempt)};
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
      at.sender = Next(senders_, sender_stake_, at.sender);
      sender_left = sender_stake_[at.sender];
    }
    if (receiver_left == 0) {
      at.receiver = Next(receivers_, receiver_stake_, at.receiver);
      receiver_left = receiver_stake_[at.receiver];
    }
    // All is used up: the i-th is the first again.
    if (is_next && at == first) return ByStake(first, attempt % i);
  }
  return at;
}

std::uint64_t Schedule::Next(const Turns& turns, const std::vector<std::uint64_t>& stake,
                             std::uint64_t replica) {
  do {
    replica = turns.After(replica, 1);
  } while (stake[replica] == 0);
  return replica;
}

}  // namespace lockstep::picsou
