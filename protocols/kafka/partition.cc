// The log of a partition: see partition.h.

#include "protocols/kafka/partition.h"

#include <algorithm>

#include "protocols/kafka/messages.h"

namespace lockstep::kafka {
namespace {

// Batches between two looks at what all have fetched.
constexpr std::size_t kForgetEvery = 64;

}  // namespace

Partition::Partition(const BrokerConfig& config)
    : config_(config),
      followers_(config.replicas() - 1, 0),
      consumers_(config.topic.receivers.size, 0) {}

std::uint64_t Partition::CostOf(const core::Records& batch) {
  constexpr std::uint64_t kBatch = 512;  // that small ones count
  return kBatch + batch.run.count * batch.size;
}

bool Partition::Append(const core::Records& batch, std::uint64_t offset) {
  const std::uint64_t end = offset + batch.run.count;
  if (end <= end_) return false;
  log_.push_back(From(batch, config_.topic, std::max(offset, end_)));
  kept_bytes_ += CostOf(log_.back());
  end_ = end;
  MoveWatermark();
  if (++appended_ >= kForgetEvery || kept_bytes_ > config_.retain) Forget();
  return true;
}

bool Partition::OnFollower(std::uint32_t behind, std::uint64_t offset) {
  const std::uint64_t before = watermark_;
  std::uint64_t& follower = followers_[behind - 1];
  follower = std::max(follower, std::min(offset, end_));
  MoveWatermark();
  return watermark_ > before;
}

void Partition::MoveWatermark() {
  std::uint64_t least = end_;
  for (const std::uint64_t follower : followers_) least = std::min(least, follower);
  watermark_ = std::max(watermark_, least);
}

void Partition::Forget() {
  appended_ = 0;
  std::uint64_t wanted = watermark_;
  for (const std::uint64_t consumer : consumers_) wanted = std::min(wanted, consumer);
  while (!log_.empty()) {
    const core::Records& oldest = log_.front();
    const bool is_too_much = kept_bytes_ > config_.retain && EndOf(oldest) <= watermark_;
    if (EndOf(oldest) > wanted && !is_too_much) break;
    start_ = EndOf(oldest);
    kept_bytes_ -= CostOf(oldest);
    log_.pop_front();
  }
}

void Partition::Read(std::uint64_t offset, std::uint64_t limit, std::uint64_t most,
                     std::uint64_t& bytes, std::vector<core::Records>& data) const {
  offset = std::max(offset, start_);
  const auto ends_before = [&](const core::Records& batch, std::uint64_t at) {
    return EndOf(batch) <= at;
  };
  auto batch = std::lower_bound(log_.begin(), log_.end(), offset, ends_before);
  for (; batch != log_.end() && EndOf(*batch) <= limit; ++batch) {
    core::Records part = From(*batch, config_.topic, std::max(offset, OffsetOf(*batch)));
    const std::uint64_t more = BytesMost(part, config_.wire);
    if (bytes > 0 && bytes + more > most) return;
    bytes += more;
    data.push_back(std::move(part));
  }
}

}  // namespace lockstep::kafka
