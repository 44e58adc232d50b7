// The codec of Chora-R: there and back, sizes as promised, and nothing else is taken for a message.

#include "protocols/chora/messages.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "protocols/chora/batch.h"
#include "protocols/core/content.h"
#include "protocols/core/random.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using chora::Batch;
using chora::Entry;
using chora::EntryKind;
using chora::SlotName;
using chora::Span;
using chora::Value;

chora::Config ConfigFor(std::uint32_t replicas) {
  chora::Config config;
  config.cluster = core::Cluster{"a", core::NodeId(0), replicas, (replicas - 1) / 2, 0, false};
  return config;
}

chora::Command CommandOf(std::uint64_t client, std::uint64_t id, const core::Bytes& content) {
  return {core::ClientId(client), core::RequestId(id), id > 2 ? id - 2 : 0, content};
}

std::vector<chora::Command> CommandsOf(const core::Bytes& bytes) {
  std::vector<chora::Command> commands;
  Batch(bytes).ForEachCommand([&](chora::Command&& command) { commands.push_back(command); });
  return commands;
}

core::Bytes SomeBatch() {
  const std::vector<chora::Reconf> reconfs = {{2, false, 17}};
  const std::vector<chora::Command> commands = {CommandOf(1, 5, core::Bytes::Copy("one")),
                                                CommandOf(2, 9, core::Bytes::Copy("three"))};
  return Batch::Encode(reconfs, commands);
}

TEST_CASE("chora batch: commands and changes of lanes come back, literal or filler") {
  const core::Contents& filler = core::ContentsOf(core::ContentKind::kFiller);
  const std::vector<chora::Reconf> reconfs = {{2, false, 17}, {0, true, 1'000'000'007}};
  const std::vector<std::vector<chora::Command>> lists = {
      {},
      {CommandOf(1, 5, core::Bytes::Copy("same")), CommandOf(2, 6, core::Bytes::Copy("size"))},
      {CommandOf(1, 5, core::Bytes()), CommandOf(2, 6, core::Bytes::Copy("another"))},
      {CommandOf(1, 5, filler.Make(3, {7, 1, 1}, 40)),
       CommandOf(9, 6, filler.Make(3, {8, 1, 1}, 40))}};
  for (const auto& commands : lists) {
    const core::Bytes bytes = Batch::Encode(reconfs, commands);
    CHECK(Batch::IsValid(bytes, 3));
    CHECK(Batch(bytes).Reconfs() == reconfs);
    CHECK(CommandsOf(bytes) == commands);
    CHECK_FALSE(Batch::IsValid(bytes, 2));  // Lane 2 is none of two.
  }
}

TEST_CASE("chora batch: 64 bytes a command of 40, behind 5 bytes of head") {
  std::vector<chora::Command> commands;
  for (std::uint64_t i = 0; i < 4; ++i) {
    commands.push_back(CommandOf(i, 1, core::Bytes::Copy(std::string(40, 'x'))));
  }
  CHECK(Batch::Encode({}, commands).size() == 5 + 4 * 64);
}

TEST_CASE("chora batch: what was cut or lengthened is none") {
  const core::Bytes bytes = SomeBatch();
  for (std::uint64_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(Batch::IsValid(bytes.Slice(0, size), 3));
  }
  CHECK_FALSE(Batch::IsValid(core::Bytes::Copy(bytes.ToString() + "x"), 3));
}

chora::RoundMessage SomeRound(const chora::Codec& codec) {
  chora::RoundMessage message;
  message.header = {1, 0x1234'5678'9ABC'DEF0, 2};
  message.round = 1'000'000;
  message.frontier = 999'999;
  for (std::uint32_t h = 0; h < codec.vote_rounds(); ++h) {
    message.votes[h] = {(std::uint64_t{1} << codec.replicas()) - 1, h % 3};
  }
  message.echo_round = 0xABCD;
  message.echo_held_ps = 0x1234'5678;
  message.has_batch = true;
  message.batch = SomeBatch();
  return message;
}

TEST_CASE("chora messages: a round's message comes back, for every number of replicas") {
  for (std::uint32_t replicas = 3; replicas <= 63; replicas += 2) {
    const chora::Codec codec(ConfigFor(replicas));
    const chora::RoundMessage message = SomeRound(codec);
    const core::Bytes bytes = codec.Encode(message);
    CHECK(bytes.size() == chora::RoundOverhead(ConfigFor(replicas)) + message.batch.size());
    chora::RoundMessage back;
    REQUIRE(codec.Decode(bytes, back));
    CHECK(back.header == message.header);
    CHECK(back.round == message.round);
    CHECK(back.frontier == message.frontier);
    CHECK(back.votes == message.votes);
    CHECK(back.echo_round == message.echo_round);
    CHECK(back.echo_held_ps == message.echo_held_ps);
    CHECK(back.has_batch);
    CHECK(back.batch == message.batch);
    CHECK_FALSE(back.is_abstaining);
  }
}

TEST_CASE("chora messages: no batch is not an empty one, and both take 64 bytes up to nine") {
  const chora::Codec codec(ConfigFor(9));
  chora::RoundMessage message = SomeRound(codec);
  message.batch = Batch::Encode({}, {});
  chora::RoundMessage back;
  CHECK(codec.Encode(message).size() == 64);
  REQUIRE(codec.Decode(codec.Encode(message), back));
  CHECK(back.has_batch);
  message.has_batch = false;
  message.is_abstaining = true;
  message.batch = core::Bytes();
  CHECK(codec.Encode(message).size() == 64);
  REQUIRE(codec.Decode(codec.Encode(message), back));
  CHECK_FALSE(back.has_batch);
  CHECK(back.is_abstaining);
}

std::vector<Entry> SomeEntries() {
  std::vector<Entry> entries(chora::kEntryKinds + 3);
  for (std::size_t i = 0; i < chora::kEntryKinds; ++i) {
    entries[i].kind = static_cast<EntryKind>(i);
    entries[i].slots = {1, 64, 0x8000'0000'0000'0005};
  }
  entries[0].ones = 4;
  entries[1].ballot = 1;  // of lane 1: that is replica 2's
  entries[2].ballot = 7;
  entries[2].value = Value::kBatch;
  entries[3].value = Value::kNoop;
  entries[5].slots = Span::Of({77, 1});
  entries[5].value = Value::kBatch;
  entries[5].has_batch = true;
  entries[5].batch = SomeBatch();
  entries[6].ballot = 4;
  entries[7].ballot = 5;
  entries[7].accepted = 2;
  entries[7].value = Value::kBatch;
  entries[8] = Entry();
  entries[8].kind = EntryKind::kOffer;
  entries[8].snapshot_round = 1'024;
  entries[8].snapshot_bytes = 2'600'000;
  entries[9] = entries[5];
  entries[9].kind = EntryKind::kDecided;
  entries[10] = entries[5];
  entries[10].kind = EntryKind::kResolve;
  entries[10].ballot = 4;
  entries[11] = entries[7];
  entries[11].accepted = -1;
  entries[11].value = Value::kNoop;
  return entries;
}

TEST_CASE("chora messages: every kind of entry comes back, and is as long as it says") {
  const chora::Codec codec(ConfigFor(3));
  chora::RepairMessage message;
  message.header = {1, 42, 2};
  message.round = 100;
  message.frontier = 64;
  message.entries = SomeEntries();
  std::uint64_t size = chora::kRepairHeadBytes;
  for (const Entry& entry : message.entries) size += chora::SizeOf(entry);
  const core::Bytes bytes = codec.Encode(message);
  CHECK(bytes.size() == size);
  chora::RepairMessage back;
  REQUIRE(codec.Decode(bytes, back));
  CHECK(back.header == message.header);
  CHECK(back.round == 100);
  CHECK(back.frontier == 64);
  CHECK(back.entries == message.entries);
}

TEST_CASE("chora messages: batches that are repaired keep their form, and so their digests") {
  const chora::Codec codec(ConfigFor(3));
  const auto batch_of = [](std::uint64_t first) {
    std::vector<chora::Command> commands;
    for (std::uint64_t i = first; i < first + 3; ++i) {
      commands.push_back(CommandOf(i, 1, core::Bytes::Filler({7, i, 0, 1, 40, 0})));
    }
    return Batch::Encode({}, commands);
  };
  chora::RepairMessage message;
  message.header = {1, 42, 2};
  for (std::uint64_t i = 0; i < 3; ++i) {
    chora::Entry& entry = message.entries.emplace_back();
    entry.kind = chora::EntryKind::kPayload;
    entry.value = chora::Value::kBatch;
    entry.slots = chora::Span::Of({100 + i, 1});
    entry.has_batch = true;
    entry.batch = batch_of(10 * i);
  }
  chora::RepairMessage back;
  REQUIRE(codec.Decode(codec.Encode(message), back));
  REQUIRE(back.entries == message.entries);
  // The third carries what is one run of filler with what the first carries.
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(back.entries[i].batch.filler() == message.entries[i].batch.filler());
    CHECK(back.entries[i].batch.Digest() == message.entries[i].batch.Digest());
  }
}

TEST_CASE("chora messages: only the owner of a ballot proposes at it") {
  const chora::Codec codec(ConfigFor(3));
  chora::RepairMessage message;
  message.header = {1, 42, 2};
  message.entries.resize(1);
  message.entries[0].kind = EntryKind::kPrepare;
  message.entries[0].slots = Span::Of({77, 1});
  chora::RepairMessage back;
  for (std::uint32_t ballot = 2; ballot < 9; ++ballot) {
    message.entries[0].ballot = ballot;
    CHECK(codec.Decode(codec.Encode(message), back) == ((1 + ballot) % 3 == 2));
  }
  message.entries[0].ballot = 1;  // That one needs no promises.
  CHECK_FALSE(codec.Decode(codec.Encode(message), back));
}

// One of each type.
std::vector<core::Bytes> OneOfEach(const chora::Codec& codec) {
  chora::RepairMessage repair;
  repair.header = {1, 42, 2};
  repair.entries = SomeEntries();
  return {codec.Encode(SomeRound(codec)),
          codec.Encode(repair),
          codec.Encode(chora::ForwardMessage{{1, 42, 2}, SomeBatch()}),
          codec.Encode(chora::RecoverMessage{{1, 42, 2}}),
          codec.Encode(chora::RecoverAnswer{{1, 42, 2}, 43, 1'000}),
          codec.Encode(chora::ChunkRequest{{1, 42, 2}, 1'024, 7}),
          codec.Encode(chora::ChunkMessage{{1, 42, 2}, 1'024, 7, core::Bytes::Copy("chunk")})};
}

bool IsMessage(const chora::Codec& codec, const core::Bytes& bytes) {
  chora::RoundMessage round;
  chora::RepairMessage repair;
  chora::ForwardMessage forward;
  chora::RecoverMessage recover;
  chora::RecoverAnswer answer;
  chora::ChunkRequest request;
  chora::ChunkMessage chunk;
  return codec.Decode(bytes, round) || codec.Decode(bytes, repair) ||
         codec.Decode(bytes, forward) || codec.Decode(bytes, recover) ||
         codec.Decode(bytes, answer) || codec.Decode(bytes, request) || codec.Decode(bytes, chunk);
}

TEST_CASE("chora messages: what was cut, or is for another cluster, is none") {
  const chora::Codec codec(ConfigFor(3));
  chora::Config elsewhere = ConfigFor(3);
  elsewhere.cluster_id = 2;
  const std::vector<core::Bytes> messages = OneOfEach(codec);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    CHECK(chora::Codec::TypeOf(messages[i]) == static_cast<chora::MessageType>(i));
    CHECK(IsMessage(codec, messages[i]));
    CHECK_FALSE(IsMessage(chora::Codec(elsewhere), messages[i]));
    // A chunk may be of any length, since it says nothing of it.
    if (static_cast<chora::MessageType>(i) == chora::MessageType::kChunk) continue;
    for (std::uint64_t size = 0; size < messages[i].size(); ++size) {
      CHECK_FALSE(IsMessage(codec, messages[i].Slice(0, size)));
    }
  }
  CHECK_FALSE(chora::Codec::TypeOf(core::Bytes()).has_value());
  CHECK_FALSE(chora::Codec::TypeOf(core::Bytes::Copy("\x07")).has_value());
}

TEST_CASE("chora messages: damage is refused or read as some other message, never more") {
  const chora::Codec codec(ConfigFor(3));
  core::Random random(5);
  for (const core::Bytes& message : OneOfEach(codec)) {
    for (int i = 0; i < 3'000; ++i) {
      std::string damaged = message.ToString();
      for (std::uint64_t flips = 1 + random.Below(3); flips > 0; --flips) {
        damaged[random.Below(damaged.size())] = static_cast<char>(random.Next());
      }
      IsMessage(codec, core::Bytes::Copy(damaged));
    }
    // Numbers that have become filler can be read, too.
    IsMessage(codec, core::Bytes::Filler({3, 0, 0, 1, message.size(), 0}));
  }
}

}  // namespace
}  // namespace lockstep::tests
