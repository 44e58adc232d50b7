// One node of Kafka's channel between two clusters, in the hands of a test: replicas a0 to a3
// (hosts 0 to 3) send stream 0 to b0 to b2 (hosts 4 to 6) by brokers 7 to 9; back goes stream 1 by
// brokers 10 to 12.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "protocols/kafka/broker.h"
#include "protocols/kafka/channel.h"
#include "protocols/kafka/messages.h"
#include "tests/support/credit_desk.h"
#include "tests/support/keys.h"
#include "tests/support/listed.h"
#include "tests/support/scripted_log.h"

namespace lockstep::tests {

inline constexpr std::uint64_t kKafkaBytes = 100;
inline constexpr std::int64_t kKafkaBuffer = 1 << 16;
inline constexpr core::StreamId kKafkaOut{0};
inline constexpr core::StreamId kKafkaIn{1};

inline kafka::Topic KafkaTopic(core::StreamId stream) {
  const core::Cluster a{"a", core::NodeId(0), 4, 1, 1};
  const core::Cluster b{"b", core::NodeId(4), 3, 1, 0};
  if (stream == kKafkaOut) return {stream, a, b, {"of_a", core::NodeId(7), 3}};
  return {stream, b, a, {"of_b", core::NodeId(10), 3}};
}

// Of a replica of a, with batches of ten messages.
inline kafka::ChannelConfig KafkaChannel() {
  kafka::ChannelConfig config;
  config.out = KafkaTopic(kKafkaOut);
  config.in = KafkaTopic(kKafkaIn);
  config.batch_bytes = 10 * kKafkaBytes;
  return config;
}

// `count` messages of a partition of `topic` from `offset` on.
inline core::Records KafkaBatch(const kafka::Topic& topic, std::uint64_t partition,
                                std::uint64_t offset, std::uint64_t count) {
  const std::uint64_t n = topic.partitions();
  const core::Run run{offset * n + partition, count, n};
  return {run, kKafkaBytes,
          core::Bytes::Filler({topic.stream.value() + 1, run.first, n, count, kKafkaBytes, 0})};
}

// What is common to a replica and a broker.
struct KafkaRig {
  explicit KafkaRig(core::NodeId self) : keys(self) {
    seat.self = self;
    seat.send_buffer = core::ByteCount(kKafkaBuffer);
    seat.signer = &keys;
    seat.verifier = &keys;
  }

  core::Effects Take() { return credit.TakeList(out); }
  // What the last call sent to `to`.
  std::vector<kafka::Message> SentIn(const core::Effects& listed, core::NodeId to) const {
    std::vector<kafka::Message> messages;
    for (const core::Bytes& payload : SentTo(listed, to)) {
      std::optional<kafka::Message> message = kafka::Decode(payload);
      if (message) messages.push_back(*std::move(message));
    }
    return messages;
  }
  // The same, and takes the list away. All credit comes back.
  std::vector<kafka::Message> Sent(core::NodeId to) {
    const core::Effects listed = Take();
    std::vector<kafka::Message> messages = SentIn(listed, to);
    credit.FreeAll(NowAtMs(now_ms), *node, out);
    return messages;
  }
  void Handle(std::int64_t at_ms, core::NodeId from, const core::Bytes& payload) {
    now_ms = at_ms;
    node->OnMessage(NowAtMs(at_ms), from, payload, out);
  }
  void Fire(std::int64_t at_ms, core::TimerId timer) {
    now_ms = at_ms;
    node->OnTimer(NowAtMs(at_ms), timer, out);
  }

  Keys keys;
  core::Seat seat;
  CreditDesk credit{kKafkaBuffer};
  core::Effects out{&credit};
  std::int64_t now_ms = 0;
  std::unique_ptr<core::Node> node;
};

struct ReplicaRig : KafkaRig {
  explicit ReplicaRig(const kafka::ChannelConfig& settings, std::uint32_t index,
                      std::uint64_t incarnation = 0)
      : KafkaRig(settings.out.senders.Replica(index)), config(settings), log(kKafkaBytes) {
    seat.index = index;
    seat.incarnation = incarnation;
    node = std::make_unique<kafka::Channel>(config, seat, log, owner);
  }
  void Start(std::uint64_t committed) {
    log.set_committed(committed);
    node->OnStart(NowAtMs(0), {}, out);
  }
  void Answer(std::int64_t at_ms, const kafka::Produced& produced) {
    Handle(at_ms, config.out.brokers.Replica(seat.index),
           kafka::EncodeProduced(kKafkaOut, produced));
  }

  kafka::ChannelConfig config;
  ScriptedLog log;
  Deliveries owner;
};

struct BrokerRig : KafkaRig {
  explicit BrokerRig(const kafka::BrokerConfig& settings, std::uint32_t index)
      : KafkaRig(settings.topic.brokers.Replica(index)), config(settings) {
    seat.index = index;
    auto made = std::make_unique<kafka::Broker>(config, seat);
    broker = made.get();
    node = std::move(made);
    node->OnStart(NowAtMs(0), {}, out);
  }
  void Produce(std::int64_t at_ms, std::uint32_t partition, std::uint64_t offset,
               std::uint64_t count) {
    Handle(
        at_ms, config.topic.senders.Replica(partition),
        kafka::EncodeProduce(kKafkaOut, {KafkaBatch(config.topic, partition, offset, count)}, {}));
  }
  // A fetch by its next number.
  void Fetch(std::int64_t at_ms, core::NodeId from, const std::vector<std::uint64_t>& offsets,
             const kafka::FetchLimits& limits = {}) {
    Handle(at_ms, from, kafka::EncodeFetch(kKafkaOut, {++fetches, limits, offsets}));
  }
  core::NodeId Producer(std::uint32_t i) const { return config.topic.senders.Replica(i); }
  core::NodeId Consumer(std::uint32_t i) const { return config.topic.receivers.Replica(i); }
  core::NodeId Peer(std::uint32_t i) const { return config.topic.brokers.Replica(i); }

  kafka::BrokerConfig config;
  std::uint64_t fetches = 0;
  kafka::Broker* broker = nullptr;
};

inline kafka::BrokerConfig KafkaBroker() {
  kafka::BrokerConfig config;
  config.topic = KafkaTopic(kKafkaOut);
  return config;
}

}  // namespace lockstep::tests
