// A broker of Kafka: leads the partitions whose turn it is, and follows those of others.
//
// A producer's batch is appended by the leader of its partition; followers fetch it from there, as
// consumers do. When a fetch of a follower asks for what comes after a batch, it has it: once all
// in-sync replicas do, the batch lies below the watermark, the producer is answered (acks=all) and
// consumers get it. A fetch that finds nothing waits at the leader.
//
// What is modelled: assignment in turn, pulling, watermark, batches that brokers handle as a whole
// (a batch, not a message, is a unit of work), idempotent producers, retention by bytes. Bytes that
// are appended are Work::kLog, which a profile may price by the disk; Kafka does not wait for the
// disk to sync, so nothing is saved. What is not: failover (the in-sync replicas are all replicas,
// so a cluster of brokers bears no failure, and a broker that restarts has lost what it had),
// ZooKeeper, groups and their rebalancing, the page cache's limit, compression, encryption.
//
// Source: the Kafka documentation, sections 4.3 (batches, zero copy), 4.6 and 4.7.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/node.h"
#include "protocols/core/program.h"
#include "protocols/kafka/config.h"
#include "protocols/kafka/fetcher.h"
#include "protocols/kafka/messages.h"
#include "protocols/kafka/outbox.h"
#include "protocols/kafka/partition.h"

namespace lockstep::kafka {

class Broker : public core::Node {
 public:
  Broker(const BrokerConfig& config, const core::Seat& seat);
  Broker(const Broker&) = delete;  // Its parts refer to `config_`.
  Broker& operator=(const Broker&) = delete;

  void OnStart(const core::Now& now, std::span<const core::Bytes> saved,
               core::Effects& out) override;
  void OnMessage(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                 core::Effects& out) override;
  void OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) override;
  void OnWritable(const core::Now& now, core::NodeId peer, core::Effects& out) override;
  void OnSubmit(const core::Now& now, core::ClientId client, core::RequestId id,
                core::RequestId low, const core::Bytes& request, core::Effects& out) override;

  // Batches that are kept, for tests of memory.
  std::size_t size() const;

 private:
  // The fetch of a consumer or follower that is not answered yet; the last one counts.
  struct Waiting {
    bool is_open = false;
    Fetch fetch;
    core::Instant until;
    std::uint64_t turns = 0;  // answers so far: each begins with another partition
  };
  // What a producer is to be told.
  struct Due {
    std::uint64_t told = 0;  // the watermark that it was told last
    bool is_owed = false;    // an answer at any rate
    bool is_refused = false;
  };

  bool Handle(const core::Now& now, core::NodeId from, const Message& message, core::Effects& out);
  bool OnProduce(const core::Now& now, std::uint32_t producer, const Message& message,
                 core::Effects& out);
  bool OnFetch(const core::Now& now, core::NodeId from, const Fetch& fetch, core::Effects& out);
  bool OnFetched(const core::Now& now, std::uint32_t leader, const Message& fetched,
                 core::Effects& out);

  // After a batch was appended to that partition of its own: followers may get it.
  void ServeFollowers(const core::Now& now, std::size_t led, core::Effects& out);
  // After a watermark moved: consumers may get more, producers are told.
  void ServeConsumers(const core::Now& now, std::size_t led, core::Effects& out);
  void Tell(std::size_t led, core::Effects& out);
  // Answers who waits, if there is as much as it wants or its time is over.
  void Answer(const core::Now& now, core::NodeId to, Waiting& waiting, bool is_follower,
              core::Effects& out);
  void AskLeader(const core::Now& now, Fetcher& fetcher, core::Effects& out);
  // One timer for the earliest of what is awaited; `at` is one more.
  void WakeAt(core::Instant at, core::Effects& out);
  // What it costs to take these in.
  static void Account(const std::vector<core::Records>& data, core::Effects& out);

  // Index in `led_` of a partition that this broker leads.
  std::size_t LedIndex(std::uint32_t partition) const {
    return partition / config_.topic.brokers.size;
  }
  std::uint32_t PartitionOf(std::size_t led) const {
    return static_cast<std::uint32_t>(led) * config_.topic.brokers.size + index_;
  }

  BrokerConfig config_;
  std::uint32_t index_;
  std::vector<Partition> led_;      // partitions index_, index_ + brokers, ...
  std::vector<Due> due_;            // due_[the same]
  std::vector<Waiting> consumers_;  // consumers_[receiver]
  std::vector<Waiting> followers_;  // followers_[broker]
  std::vector<Fetcher> fetchers_;   // of the brokers that it follows
  Outbox outbox_;                   // a message for each peer at most, and a fetch more
  std::optional<core::Instant> wake_at_;
};

}  // namespace lockstep::kafka
