// A broker: what is committed, who is answered when, what is kept.

#include "protocols/kafka/broker.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "tests/protocols/kafka/rig.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using kafka::Kind;
using Offsets = std::vector<std::uint64_t>;

// Broker 0 leads partitions 0 and 3 of four; brokers 1 and 2 follow it.
struct LeaderOfTwo : BrokerRig {
  explicit LeaderOfTwo(const kafka::BrokerConfig& settings = KafkaBroker())
      : BrokerRig(settings, 0) {
    Sent(Peer(1));
  }
  // Both followers have all below these.
  void Follow(std::int64_t at_ms, const Offsets& offsets) {
    Fetch(at_ms, Peer(1), offsets);
    Fetch(at_ms, Peer(2), offsets);
  }
};

std::uint64_t MessagesIn(const std::vector<kafka::Message>& messages) {
  std::uint64_t count = 0;
  for (const kafka::Message& message : messages) count += core::CountOf(message.data);
  return count;
}

TEST_CASE("kafka: partitions are led in turn, and followed by the brokers that come next") {
  kafka::BrokerConfig config = KafkaBroker();
  config.topic.brokers.size = 5;
  for (std::uint32_t index = 0; index < 5; ++index) {
    BrokerRig rig(config, index);
    const core::Effects started = rig.Take();
    for (std::uint32_t leader = 0; leader < 5; ++leader) {
      // Four partitions: the last broker leads none. Three replicas: two follow each.
      const bool follows = leader < 4 && (index == (leader + 1) % 5 || index == (leader + 2) % 5);
      CHECK(rig.SentIn(started, rig.Peer(leader)).size() == (follows ? 1 : 0));
    }
  }
}

TEST_CASE("kafka: a batch is committed, and seen by consumers, when all replicas have it") {
  LeaderOfTwo rig;
  rig.Fetch(1, rig.Consumer(1), {0, 0});
  rig.Produce(2, 3, 0, 10);
  CHECK(rig.Sent(rig.Producer(3)).empty());
  // A follower gets it at once; that it asks for what comes next says that it has it.
  rig.Fetch(3, rig.Peer(1), {0, 0});
  CHECK(MessagesIn(rig.Sent(rig.Peer(1))) == 10);
  rig.Fetch(4, rig.Peer(1), {0, 10});
  rig.Fetch(4, rig.Peer(2), {0, 9});
  core::Effects listed = rig.Take();
  CHECK(rig.SentIn(listed, rig.Consumer(1)).empty());
  CHECK(rig.SentIn(listed, rig.Producer(3)).size() == 1);  // 9 of them.
  CHECK(rig.SentIn(listed, rig.Producer(3)).at(0).produced.acked == 9);
  rig.Fetch(5, rig.Peer(2), {0, 10});
  listed = rig.Take();
  CHECK(MessagesIn(rig.SentIn(listed, rig.Consumer(1))) == 10);
  REQUIRE(rig.SentIn(listed, rig.Producer(3)).size() == 1);
  CHECK(rig.SentIn(listed, rig.Producer(3))[0].produced.acked == 10);
}

TEST_CASE("kafka: followers are told of what the leader has, consumers only of what is committed") {
  LeaderOfTwo rig;
  rig.Produce(1, 0, 0, 10);
  rig.Follow(2, {0, 0});
  rig.Sent(rig.Peer(1));
  rig.Follow(3, {10, 0});
  rig.Produce(4, 0, 10, 10);
  rig.Sent(rig.Peer(1));
  rig.Fetch(5, rig.Consumer(0), {0, 0});
  CHECK(MessagesIn(rig.Sent(rig.Consumer(0))) == 10);
  // With one replica all that it has is committed.
  kafka::BrokerConfig alone = KafkaBroker();
  alone.replication = 1;
  LeaderOfTwo single(alone);
  single.Fetch(1, single.Consumer(0), {0, 0});
  single.Produce(2, 0, 0, 10);
  const core::Effects listed = single.Take();
  CHECK(MessagesIn(single.SentIn(listed, single.Consumer(0))) == 10);
  CHECK(single.SentIn(listed, single.Producer(0)).at(0).produced.acked == 10);
}

TEST_CASE("kafka: what is produced twice is appended once, and a gap is refused") {
  LeaderOfTwo rig;
  rig.Produce(1, 0, 0, 10);
  rig.Produce(2, 0, 0, 10);
  rig.Produce(3, 0, 5, 10);
  rig.Take();
  rig.Fetch(4, rig.Peer(1), {0, 0});
  CHECK(MessagesIn(rig.Sent(rig.Peer(1))) == 15);
  rig.Produce(5, 0, 16, 4);
  const auto refused = rig.Sent(rig.Producer(0));
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].produced.is_refused);
  CHECK(refused[0].produced.end == 15);
  // What was there is answered, too: an earlier life of the producer may have been told.
  rig.Produce(6, 0, 0, 10);
  const auto again = rig.Sent(rig.Producer(0));
  REQUIRE(again.size() == 1);
  CHECK_FALSE(again[0].produced.is_refused);
}

TEST_CASE("kafka: a fetch that finds too little waits for as long as it says") {
  LeaderOfTwo rig;
  kafka::FetchLimits limits;
  limits.min_bytes = 5 * kKafkaBytes;
  rig.Fetch(1, rig.Peer(1), {0, 0}, limits);
  rig.Produce(2, 0, 0, 4);
  CHECK(rig.Sent(rig.Peer(1)).empty());
  rig.Produce(3, 3, 0, 4);
  CHECK(MessagesIn(rig.Sent(rig.Peer(1))) == 8);
  const core::TimerId wake(0);
  rig.Fetch(4, rig.Consumer(2), {0, 0});
  rig.Fire(503, wake);
  CHECK(rig.Sent(rig.Consumer(2)).empty());
  rig.Fire(504, wake);
  const auto empty = rig.Sent(rig.Consumer(2));
  REQUIRE(empty.size() == 1);
  CHECK(empty[0].data.empty());
}

TEST_CASE("kafka: an answer holds no more than it may, but one batch, and partitions take turns") {
  LeaderOfTwo rig;
  for (std::uint64_t i = 0; i < 4; ++i) {
    rig.Produce(1, 0, i * 10, 10);
    rig.Produce(1, 3, i * 10, 10);
  }
  rig.Take();
  kafka::FetchLimits limits;
  limits.bytes = 1;
  Offsets offsets = {0, 0};
  for (int i = 0; i < 8; ++i) {
    rig.Fetch(2 + i, rig.Peer(1), offsets, limits);
    const auto answer = rig.Sent(rig.Peer(1));
    REQUIRE(answer.size() == 1);
    REQUIRE(answer[0].data.size() == 1);
    offsets[answer[0].data[0].run.first % 4 == 0 ? 0 : 1] += 10;
    CHECK(std::max(offsets[0], offsets[1]) - std::min(offsets[0], offsets[1]) <= 10);
  }
  CHECK(offsets == Offsets{40, 40});
  // Of each partition so much, where all of them together may have more.
  limits.bytes = 1U << 20;
  limits.partition_bytes = 2'100;
  rig.Fetch(20, rig.Peer(2), {0, 0}, limits);
  CHECK(MessagesIn(rig.Sent(rig.Peer(2))) == 40);
}

TEST_CASE("kafka: an answer waits for credit, is no longer than it, and the last fetch counts") {
  LeaderOfTwo rig;
  for (std::uint64_t i = 0; i < 100; ++i) rig.Produce(1, 0, i * 10, 10);
  rig.Take();
  rig.Fetch(2, rig.Peer(1), {0, 0});
  core::Effects listed = rig.Take();
  // 64 KiB of credit hold 63 batches of 1 kB and their headers.
  const auto first = rig.SentIn(listed, rig.Peer(1));
  CHECK(MessagesIn(first) > 580);
  CHECK(MessagesIn(first) < 650);
  // There is none left: a batch goes as soon as there is, and a fetch meanwhile is answered then.
  rig.Fetch(3, rig.Peer(1), {500, 0});
  rig.Fetch(4, rig.Peer(1), {700, 0});
  CHECK(rig.SentIn(rig.Take(), rig.Peer(1)).empty());
  rig.credit.FreeAll(NowAtMs(5), *rig.node, rig.out);
  rig.credit.FreeAll(NowAtMs(6), *rig.node, rig.out);
  const auto rest = rig.SentIn(rig.Take(), rig.Peer(1));
  REQUIRE(rest.size() == 2);
  CHECK(rest[0].id == 2);
  CHECK(rest[1].id == 3);
  CHECK(rest[1].data.front().run.first == 700 * 4);
}

TEST_CASE("kafka: a copy of a fetch that was answered changes nothing") {
  LeaderOfTwo rig;
  rig.Produce(1, 0, 0, 10);
  rig.Take();
  rig.Fetch(2, rig.Peer(1), {0, 0});
  CHECK(MessagesIn(rig.Sent(rig.Peer(1))) == 10);
  rig.Handle(3, rig.Peer(1), kafka::EncodeFetch(kKafkaOut, {1, {}, {0, 0}}));
  CHECK(rig.Take().list().empty());
}

TEST_CASE("kafka: a broker keeps what somebody is still to fetch, and no more than it may") {
  kafka::BrokerConfig config = KafkaBroker();
  config.retain = 1U << 20;
  LeaderOfTwo rig(config);
  std::size_t most = 0;
  const auto produce = [&](std::uint64_t begin, bool all_fetch) {
    for (std::uint64_t i = begin; i < begin + 10'000; ++i) {
      rig.Produce(1, 0, i * 10, 10);
      rig.Follow(1, {(i + 1) * 10, 0});
      for (std::uint32_t c = 0; c < 3; ++c)
        if (all_fetch || c > 0) rig.Fetch(1, rig.Consumer(c), {(i + 1) * 10, 0});
      rig.Sent(rig.Peer(1));
      most = std::max(most, rig.broker->size());
    }
  };
  produce(0, true);
  CHECK(most <= 130);
  // One consumer stands still: 1.5 kB are charged for each batch of its 1 kB.
  most = 0;
  produce(10'000, false);
  CHECK(most > 600);
  CHECK(most <= (1U << 20) / 1'512 + 1);
  // It goes on with what is left.
  rig.Fetch(2, rig.Consumer(0), {100'000, 0});
  const auto answer = rig.Sent(rig.Consumer(0));
  REQUIRE(answer.size() == 1);
  CHECK(answer[0].data.front().run.first / 4 > 190'000);
}

TEST_CASE("kafka: what comes from the wrong side, or is of another kind, is noted by a broker") {
  const kafka::BrokerConfig config = KafkaBroker();
  const kafka::Topic& topic = config.topic;
  const core::NodeId producer = topic.senders.Replica(3);
  const core::Records batch = KafkaBatch(topic, 3, 0, 2);
  const core::Bytes produce = kafka::EncodeProduce(kKafkaOut, {batch}, {});
  const core::Bytes fetch = kafka::EncodeFetch(kKafkaOut, {1, {}, {0, 0}});
  core::Records odd = batch;
  odd.run.stride = 3;
  const std::vector<std::pair<core::NodeId, core::Bytes>> wrong = {
      {topic.senders.Replica(0), produce},  // Another's partition.
      {topic.senders.Replica(1), kafka::EncodeProduce(kKafkaOut, {KafkaBatch(topic, 1, 0, 1)}, {})},
      {topic.receivers.Replica(0), produce},
      {producer, kafka::EncodeProduce(kKafkaIn, {batch}, {})},
      {producer, kafka::EncodeProduce(kKafkaOut, {}, {})},
      {producer, kafka::EncodeProduce(kKafkaOut, {odd}, {})},
      {producer, fetch},
      {core::NodeId(99), fetch},
      {topic.brokers.Replica(0), fetch},  // It does not follow itself.
      {topic.receivers.Replica(0), kafka::EncodeFetch(kKafkaOut, {1, {}, {0}})},
      {topic.brokers.Replica(1),
       kafka::EncodeFetched(kKafkaOut, 1, {batch}, {})},  // 1 does not lead it.
      {producer, kafka::EncodeProduced(kKafkaOut, {})}};
  for (const auto& [from, payload] : wrong) {
    LeaderOfTwo rig(config);
    rig.Take();
    rig.Handle(1, from, payload);
    REQUIRE(rig.out.list().size() == 1);
    CHECK(Notes(rig.out, core::NoteKind::kMalformed).at(0).peer == from);
  }
}

}  // namespace
}  // namespace lockstep::tests
