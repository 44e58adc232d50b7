// The log of one partition at its leader: what producers appended, up to where all in-sync replicas
// have it, and where followers and consumers are.
//
// Invariant: start() <= end(), watermark() <= end(); start() and watermark() never decrease.
// Source: the Kafka documentation, sections 4.7 (replication: a message is committed when all
// in-sync replicas have it, and only committed ones are given to consumers) and 4.6 (idempotent
// producers: the leader refuses a gap and drops what it has).

#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "protocols/core/records.h"
#include "protocols/kafka/config.h"

namespace lockstep::kafka {

class Partition {
 public:
  // `config` outlives this.
  explicit Partition(const BrokerConfig& config);

  // Appends what is not here yet of a batch of this partition; returns whether that is anything.
  // `offset` is that of its first message, at most end().
  bool Append(const core::Records& batch, std::uint64_t offset);
  // A replica of the partition, by how far it stands behind its leader (1, 2, ...), has all below
  // `offset`. Returns whether the watermark moved.
  bool OnFollower(std::uint32_t behind, std::uint64_t offset);
  // That receiver asks for `offset`, and for nothing before it any more.
  void OnConsumer(std::uint32_t receiver, std::uint64_t offset) { consumers_[receiver] = offset; }

  // The least offset that is kept, and one past the greatest.
  std::uint64_t start() const { return start_; }
  std::uint64_t end() const { return end_; }
  // Offsets below it are on all in-sync replicas.
  std::uint64_t watermark() const { return watermark_; }

  // Whether there is something to read.
  bool Has(std::uint64_t offset, std::uint64_t limit) const {
    return offset < limit && !log_.empty();
  }
  // Adds batches from `offset` on, or from start() where that is greater, that end at `limit` at
  // most, until one more would make `bytes` more than `most`; but the first one at any rate if
  // `bytes` is zero. `bytes` grows by what they take, by BytesMost.
  void Read(std::uint64_t offset, std::uint64_t limit, std::uint64_t most, std::uint64_t& bytes,
            std::vector<core::Records>& data) const;

  // Batches that are kept, for tests of memory.
  std::size_t size() const { return log_.size(); }

 private:
  void MoveWatermark();
  void Forget();
  std::uint64_t OffsetOf(const core::Records& batch) const {
    return batch.run.first / config_.topic.partitions();
  }
  std::uint64_t EndOf(const core::Records& batch) const {
    return OffsetOf(batch) + batch.run.count;
  }
  // What a batch is charged against `retain`.
  static std::uint64_t CostOf(const core::Records& batch);

  const BrokerConfig& config_;
  std::uint64_t start_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t watermark_ = 0;
  std::deque<core::Records> log_;         // one after the other, without a gap
  std::uint64_t kept_bytes_ = 0;          // sum of CostOf
  std::size_t appended_ = 0;              // batches, since Forget looked last
  std::vector<std::uint64_t> followers_;  // followers_[how far behind - 1]: its end
  std::vector<std::uint64_t> consumers_;  // consumers_[receiver]: the offset it asked for last
};

}  // namespace lockstep::kafka
