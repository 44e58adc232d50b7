// Producer and consumer of a replica: what is sent to whom, when it is sent again, what is taken.

#include "protocols/kafka/channel.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "tests/protocols/kafka/rig.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using kafka::Kind;

// The positions of all batches in these.
std::vector<std::uint64_t> ProducedIn(const std::vector<kafka::Message>& messages) {
  std::vector<std::uint64_t> positions;
  for (const kafka::Message& message : messages)
    for (const core::Records& batch : message.data)
      for (std::uint64_t i = 0; i < batch.run.count; ++i) positions.push_back(batch.run.At(i));
  return positions;
}

// k′ of partition p from one offset to another.
std::vector<std::uint64_t> PositionsOf(std::uint64_t p, std::uint64_t begin, std::uint64_t end) {
  std::vector<std::uint64_t> positions;
  for (; begin < end; ++begin) positions.push_back(begin * 4 + p);
  return positions;
}

TEST_CASE("kafka: replica i produces k' mod n = i, and that to the broker that leads partition i") {
  for (std::uint32_t index = 0; index < 4; ++index) {
    ReplicaRig rig(KafkaChannel(), index);
    rig.Start(103);  // 26 of each of the first three partitions, 25 of the last.
    const core::Effects listed = rig.Take();
    for (std::uint32_t broker = 0; broker < 3; ++broker) {
      const auto sent = ProducedIn(rig.SentIn(listed, rig.config.out.brokers.Replica(broker)));
      CHECK(sent == (broker == index % 3 ? PositionsOf(index, 0, index < 3 ? 26 : 25)
                                         : std::vector<std::uint64_t>{}));
    }
  }
}

TEST_CASE("kafka: a producer has so many requests unanswered at most, each of a batch") {
  ReplicaRig rig(KafkaChannel(), 1);
  rig.Start(100'000);
  const core::NodeId leader = rig.config.out.brokers.Replica(1);
  const auto first = rig.Sent(leader);
  REQUIRE(first.size() == 5);
  for (const kafka::Message& message : first) CHECK(message.data.at(0).run.count == 10);
  // Two of them are on all replicas, and three on the leader alone.
  rig.Answer(1, {20, 50, false});
  CHECK(ProducedIn(rig.Sent(leader)) == PositionsOf(1, 50, 70));
  // Said again, that lets nothing more pass.
  rig.Answer(2, {20, 50, false});
  CHECK(rig.Sent(leader).empty());
}

TEST_CASE("kafka: after a refusal a producer goes back to the gap, once, and after a backoff") {
  ReplicaRig rig(KafkaChannel(), 1);
  rig.Start(100'000);
  const core::NodeId leader = rig.config.out.brokers.Replica(1);
  rig.Sent(leader);
  // The third of five is lost: each that follows is refused.
  for (std::int64_t at = 1; at < 3; ++at) {
    rig.Answer(at, {20, 20, true});
    CHECK(rig.Sent(leader).empty());
  }
  rig.Fire(101, kafka::Producer::kBackoff);
  CHECK(ProducedIn(rig.Sent(leader)) == PositionsOf(1, 20, 70));
}

TEST_CASE("kafka: what is not answered for a timeout is produced again, from the oldest on") {
  ReplicaRig rig(KafkaChannel(), 1);
  rig.Start(100'000);
  const core::NodeId leader = rig.config.out.brokers.Replica(1);
  rig.Sent(leader);
  rig.Answer(10, {10, 50, false});
  CHECK(ProducedIn(rig.Sent(leader)) == PositionsOf(1, 50, 60));
  rig.Fire(29'999, kafka::Producer::kTimeout);
  CHECK(rig.Sent(leader).empty());
  rig.Fire(30'000, kafka::Producer::kTimeout);
  CHECK(ProducedIn(rig.Sent(leader)) == PositionsOf(1, 10, 60));
}

TEST_CASE("kafka: a restarted producer goes past what an earlier life has produced") {
  ReplicaRig rig(KafkaChannel(), 1, /*incarnation=*/1);
  rig.Start(100'000);
  const core::NodeId leader = rig.config.out.brokers.Replica(1);
  rig.Sent(leader);
  rig.Answer(1, {4'000, 4'010, false});
  CHECK(ProducedIn(rig.Sent(leader)) == PositionsOf(1, 4'010, 4'060));
}

TEST_CASE("kafka: a batch that is not full waits for as long as it may linger") {
  kafka::ChannelConfig config = KafkaChannel();
  const core::NodeId leader = config.out.brokers.Replica(1);
  ReplicaRig at_once(config, 1);
  at_once.Start(12);
  CHECK(ProducedIn(at_once.Sent(leader)) == PositionsOf(1, 0, 3));
  config.linger = core::Duration::Milliseconds(5);
  ReplicaRig rig(config, 1);
  rig.Start(12);
  CHECK(rig.Sent(leader).empty());
  rig.log.set_committed(20);
  rig.Fire(4, kafka::Producer::kLinger);
  CHECK(rig.Sent(leader).empty());
  rig.Fire(5, kafka::Producer::kLinger);
  CHECK(ProducedIn(rig.Sent(leader)) == PositionsOf(1, 0, 5));
  // A full one does not.
  rig.log.set_committed(60);
  rig.Fire(6, kafka::Producer::kLinger);
  CHECK(ProducedIn(rig.Sent(leader)) == PositionsOf(1, 5, 15));
}

TEST_CASE("kafka: a producer waits for credit, and goes on where it stopped") {
  kafka::ChannelConfig config = KafkaChannel();
  config.batch_bytes = 300 * kKafkaBytes;
  ReplicaRig rig(config, 1);
  rig.Start(100'000);
  const core::NodeId leader = config.out.brokers.Replica(1);
  // Two batches fill the buffer of 64 KiB.
  const core::Effects first = rig.Take();
  CHECK(ProducedIn(rig.SentIn(first, leader)) == PositionsOf(1, 0, 600));
  CHECK(All<core::effect::AwaitWritable>(first).size() == 1);
  rig.credit.FreeAll(NowAtMs(1), *rig.node, rig.out);
  CHECK(ProducedIn(rig.SentIn(rig.Take(), leader)) == PositionsOf(1, 600, 1'200));
}

TEST_CASE("kafka: a replica asks each broker that leads something, and takes each message once") {
  const kafka::ChannelConfig config = KafkaChannel();
  ReplicaRig rig(config, 2);
  rig.Start(0);
  const core::Effects started = rig.Take();
  const core::NodeId broker = config.in.brokers.Replica(1);
  const auto asked = rig.SentIn(started, broker);
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].fetch.offsets == std::vector<std::uint64_t>{0});
  const auto answer = [&](std::uint64_t id, std::uint64_t offset, std::uint64_t count) {
    rig.Handle(1, broker,
               kafka::EncodeFetched(kKafkaIn, id, {KafkaBatch(config.in, 1, offset, count)}, {}));
  };
  answer(asked[0].fetch.id, 0, 5);
  core::Effects listed = rig.Take();
  REQUIRE(Notes(listed, core::NoteKind::kDelivered).size() == 1);
  CHECK(Notes(listed, core::NoteKind::kDelivered)[0].values == core::Run{1, 5, 3});
  auto next = rig.SentIn(listed, broker);
  REQUIRE(next.size() == 1);
  CHECK(next[0].fetch.offsets == std::vector<std::uint64_t>{5});
  // The same answer once more brings nothing, and asks for nothing.
  answer(asked[0].fetch.id, 0, 5);
  CHECK(rig.Take().list().empty());
  // Of what it has in part it takes the rest.
  answer(next[0].fetch.id, 3, 4);
  listed = rig.Take();
  REQUIRE(Notes(listed, core::NoteKind::kDelivered).size() == 1);
  CHECK(Notes(listed, core::NoteKind::kDelivered)[0].values == core::Run{16, 2, 3});
  CHECK(rig.owner.times().size() == 7);
  for (const auto& [position, times] : rig.owner.times()) CHECK(times == 1);
  // What the broker has no more it goes past, and says so.
  next = rig.SentIn(listed, broker);
  answer(next.at(0).fetch.id, 10, 1);
  listed = rig.Take();
  REQUIRE(Notes(listed, core::NoteKind::kSkipped).size() == 1);
  CHECK(Notes(listed, core::NoteKind::kSkipped)[0].values == core::Run{22, 3, 3});
}

TEST_CASE("kafka: brokers that lead nothing are not asked") {
  kafka::ChannelConfig config = KafkaChannel();
  config.in.brokers.size = 5;  // Three partitions.
  ReplicaRig rig(config, 0);
  rig.Start(0);
  const core::Effects started = rig.Take();
  for (std::uint32_t broker = 0; broker < 5; ++broker)
    CHECK(SentTo(started, config.in.brokers.Replica(broker)).size() == (broker < 3 ? 1 : 0));
}

TEST_CASE("kafka: a fetch that is not answered is made again after a timeout, by a new number") {
  const kafka::ChannelConfig config = KafkaChannel();
  ReplicaRig rig(config, 2);
  rig.Start(0);
  const core::NodeId broker = config.in.brokers.Replica(0);
  const std::uint64_t first = rig.Sent(broker).at(0).fetch.id;
  const core::TimerId again(3);
  rig.Fire(29'999, again);
  CHECK(rig.Sent(broker).empty());
  rig.Fire(30'000, again);
  CHECK(rig.Sent(broker).at(0).fetch.id > first);
  // The late answer counts, but it is not the one that is awaited; a gap in it is none.
  const auto late = [&](std::uint64_t offset) {
    rig.Handle(30'001, broker,
               kafka::EncodeFetched(kKafkaIn, first, {KafkaBatch(config.in, 0, offset, 1)}, {}));
  };
  late(0);
  late(0);
  late(5);
  CHECK(rig.Sent(broker).empty());
  CHECK(rig.owner.times() == std::map<std::uint64_t, int>{{0, 1}});
}

TEST_CASE("kafka: what comes from the wrong side, or is of another kind, is noted by a replica") {
  const kafka::ChannelConfig config = KafkaChannel();
  const core::Records one = KafkaBatch(config.in, 0, 0, 1);
  const core::NodeId in = config.in.brokers.Replica(0);
  const core::NodeId out = config.out.brokers.Replica(2);
  const core::Bytes fetched = kafka::EncodeFetched(kKafkaIn, 1, {one}, {});
  core::Records odd = one;
  odd.run = {0, 2, 2};
  odd.contents = core::Bytes::Filler({2, 0, 2, 2, kKafkaBytes, 0});
  const std::vector<std::pair<core::NodeId, core::Bytes>> wrong = {
      {out, fetched},
      {core::NodeId(1), fetched},
      {core::NodeId(99), fetched},
      {in, kafka::EncodeFetched(kKafkaOut, 1, {one}, {})},
      {in, kafka::EncodeFetched(kKafkaIn, 1, {odd}, {})},
      {in, kafka::EncodeFetched(kKafkaIn, 1, {KafkaBatch(config.in, 1, 0, 1)}, {})},
      {in, fetched.Slice(0, fetched.size() - 1)},
      {in, kafka::EncodeProduce(kKafkaIn, {one}, {})},
      {in, kafka::EncodeFetch(kKafkaIn, {1, {}, {0}})},
      {in, kafka::EncodeProduced(kKafkaOut, {})},
      {out, kafka::EncodeProduced(kKafkaIn, {})},
      {config.out.brokers.Replica(1), kafka::EncodeProduced(kKafkaOut, {})}};
  for (const auto& [from, payload] : wrong) {
    ReplicaRig rig(config, 2);
    rig.Start(0);
    rig.Take();
    rig.Handle(1, from, payload);
    REQUIRE(rig.out.list().size() == 1);
    CHECK(Notes(rig.out, core::NoteKind::kMalformed).at(0).peer == from);
  }
}

TEST_CASE("kafka: fields build every kind of message back, and damage is no crash") {
  const kafka::WireSizes sizes{9, 61};
  const kafka::Fields fields(sizes);
  const kafka::Topic topic = KafkaTopic(kKafkaOut);
  const std::vector<core::Records> data = {KafkaBatch(topic, 1, 4, 3), KafkaBatch(topic, 2, 0, 1)};
  const std::vector<core::Bytes> messages = {
      kafka::EncodeProduce(kKafkaOut, data, sizes), kafka::EncodeProduced(kKafkaOut, {3, 5, true}),
      kafka::EncodeFetch(kKafkaOut, {7, {1, core::Duration::Milliseconds(3), 4, 5}, {6, 0, 8}}),
      kafka::EncodeFetched(kKafkaOut, 9, data, sizes)};
  for (std::uint32_t i = 0; i < messages.size(); ++i) {
    core::FieldedMessage message;
    REQUIRE(fields.Read(messages[i], message));
    CHECK(message.type == i);
    CHECK(fields.Build(message, Keys(core::NodeId(1)), core::Identity(2)) == messages[i]);
    for (std::uint64_t cut = 0; cut < 40; ++cut)
      CHECK_FALSE(kafka::Decode(messages[i].Slice(0, std::min(cut, messages[i].size() - 1))));
  }
  // Four messages of 109 B and two batches of 61 B, where the format's own is no more.
  CHECK(messages[3].size() >= 4 * 109 + 2 * 61);
}

}  // namespace
}  // namespace lockstep::tests
