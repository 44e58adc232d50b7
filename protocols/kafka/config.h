// What brokers, producers and consumers of Kafka are told: who they are, and the knobs of Kafka 3.7
// that the model has, with the defaults of its documentation.
//
// Source: Apache Kafka 3.7 documentation, sections 3.1 (broker), 3.3 (producer) and 3.4 (consumer
// configuration); the name that a knob has there stands beside it.

#pragma once

#include <cstdint>

#include "protocols/core/ids.h"
#include "protocols/core/program.h"
#include "protocols/core/time.h"

namespace lockstep::kafka {

// The topic of one direction. Partition p holds the k′ with k′ mod partitions() = p, of which
// replica p of the senders is the only producer: k′ = offset * partitions() + p.
struct Topic {
  core::StreamId stream;
  core::Cluster senders;
  core::Cluster receivers;  // each of which consumes all partitions
  core::Cluster brokers;

  std::uint32_t partitions() const { return senders.size; }
  // Index of the broker that leads a partition, as Kafka assigns them: in turn.
  std::uint32_t LeaderOf(std::uint64_t partition) const {
    return static_cast<std::uint32_t>(partition % brokers.size);
  }
};

// Bytes charged for each message and each batch of records beside contents, by padding.
struct WireSizes {
  std::uint64_t record_bytes = 0;
  std::uint64_t batch_bytes = 0;
};

// How much a fetch asks for, of consumers or of followers.
struct FetchLimits {
  std::uint64_t min_bytes = 1;                              // (replica.)fetch.min.bytes
  core::Duration wait = core::Duration::Milliseconds(500);  // (replica.)fetch.(max.)wait(.max).ms
  std::uint64_t bytes = 50U << 20;                          // fetch.max.bytes
  std::uint64_t partition_bytes = 1U << 20;                 // max.partition.fetch.bytes
};

// Of the layer on a replica: a producer of one topic, a consumer of the other.
struct ChannelConfig {
  Topic out;
  Topic in;
  std::uint64_t batch_bytes = 16U << 10;                             // batch.size
  core::Duration linger;                                             // linger.ms
  std::uint32_t in_flight = 5;                                       // max.in.flight.requests...
  core::Duration request_timeout = core::Duration::Seconds(30);      // request.timeout.ms
  core::Duration retry_backoff = core::Duration::Milliseconds(100);  // retry.backoff.ms
  FetchLimits fetch;
  WireSizes wire;
};

struct BrokerConfig {
  Topic topic;
  std::uint32_t replication = 3;  // replicas of each partition, its leader among them
  core::Duration request_timeout = core::Duration::Seconds(30);  // replica.socket.timeout.ms
  // replica.fetch.min.bytes, .wait.max.ms, .response.max.bytes and replica.fetch.max.bytes.
  FetchLimits fetch = {1, core::Duration::Milliseconds(500), 10U << 20, 1U << 20};
  // Bytes of one partition that are kept for consumers that are behind. Kafka's retention counts
  // in days; what all have fetched is forgotten here, as nobody asks for it again.
  std::uint64_t retain = 1U << 30;
  WireSizes wire;

  std::uint32_t replicas() const {
    return replication < topic.brokers.size ? replication : topic.brokers.size;
  }
  // Whether the broker of that index follows the partitions that another one leads: replicas stand
  // behind their leader in turn.
  bool Follows(std::uint32_t broker, std::uint32_t leader) const {
    const std::uint32_t behind = (broker + topic.brokers.size - leader) % topic.brokers.size;
    return behind > 0 && behind < replicas();
  }
};

}  // namespace lockstep::kafka
