// The producer of one replica: sends its share of the stream, in batches, into the partition that
// is its own.
//
// At most `in_flight` requests await their answer; with acks=all that comes when all in-sync
// replicas have the batch. It is idempotent: offsets count the messages of the partition, so a
// leader that is sent something twice, or with a gap, knows it; after a refusal the producer goes
// back after a backoff, and where no answer comes at all after a timeout. What was appended before
// a restart of the replica it learns from the first answer, and goes past.
//
// Source: the Kafka documentation, section 3.3; that replica i produces k′ mod n = i: the Picsou
// paper's artifact. A batch holds messages of one size. Nothing is compressed.

#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "protocols/core/effects.h"
#include "protocols/core/ids.h"
#include "protocols/core/log.h"
#include "protocols/core/time.h"
#include "protocols/kafka/config.h"
#include "protocols/kafka/messages.h"

namespace lockstep::kafka {

class Producer {
 public:
  // Timers that are its own; the layer hands them to OnTimer.
  static constexpr core::TimerId kLinger{0};
  static constexpr core::TimerId kBackoff{1};
  static constexpr core::TimerId kTimeout{2};

  // `config` and `log` outlive this. `index`: of the replica.
  Producer(const ChannelConfig& config, std::uint32_t index, core::Log& log);

  // Where its partition is led.
  core::NodeId leader() const { return config_.out.brokers.Replica(index_); }

  // Sends whatever log, requests in flight and credit allow.
  void Pump(const core::Now& now, core::Effects& out);
  void OnProduced(const core::Now& now, const Produced& produced, core::Effects& out);
  void OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out);

 private:
  struct Request {
    std::uint64_t end = 0;  // one past its last offset
    core::Instant at;
  };

  bool SendBatch(const core::Now& now, core::Effects& out);
  std::uint64_t PositionOf(std::uint64_t offset) const {
    return offset * config_.out.partitions() + index_;
  }
  // Offsets of the log that exist.
  std::uint64_t End() const;
  void SetTimeout(core::Effects& out);

  const ChannelConfig& config_;
  std::uint32_t index_;
  core::Log& log_;
  std::uint64_t next_ = 0;   // offset
  std::uint64_t acked_ = 0;  // the same: what lies below it needs nothing any more
  std::deque<Request> in_flight_;
  bool is_backing_off_ = false;
  std::optional<core::Instant> waiting_since_;  // of the oldest message of an incomplete batch
  bool is_timeout_set_ = false;
};

}  // namespace lockstep::kafka
