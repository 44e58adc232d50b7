// Messages of Chora-R as fields: what they say as facts, and that they can be built back.

#include "protocols/chora/fields.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "protocols/chora/batch.h"
#include "tests/support/keys.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using chora::Entry;
using chora::EntryKind;
using chora::Span;
using chora::Value;

chora::Config ConfigOf() {
  chora::Config config;
  config.cluster = core::Cluster{"a", core::NodeId(0), 3, 1, 0, false};
  return config;
}

// Each group with a fact, with its members, one a line.
std::string Facts(const core::MessageFields& fields, const core::Bytes& payload) {
  core::FieldedMessage message;
  if (!fields.Read(payload, message)) return "no message";
  const core::TypeSpec& type = fields.types()[message.type];
  std::string text;
  bool is_in_fact = false;
  for (const core::Field& field : message.fields) {
    const core::FieldSpec& spec = type.fields[field.spec];
    if (spec.role == core::Role::kGroup) {
      is_in_fact = spec.fact.has_value();
      if (!is_in_fact) continue;
      absl::StrAppend(&text, text.empty() ? "" : "\n",
                      std::string(core::kFactNames[static_cast<std::size_t>(*spec.fact)]));
    } else if (is_in_fact && spec.group != core::FieldSpec::kMessage) {
      absl::StrAppend(&text, " ", std::string(spec.name), "=");
      if (spec.role == core::Role::kContent) {
        absl::StrAppend(&text, field.content.size(), "B");
      } else if (field.mask.known != 0) {
        absl::StrAppend(&text, field.mask.ones, "/", field.mask.known);
      } else if (field.values.count > 1) {
        absl::StrAppend(&text, field.values.first, "..", field.values.Last());
      } else {
        absl::StrAppend(&text, field.values.first);
      }
    }
  }
  return text;
}

core::Bytes Rebuilt(const chora::Fields& fields, const core::Bytes& payload) {
  core::FieldedMessage message;
  REQUIRE(fields.Read(payload, message));
  const Keys keys((core::NodeId(0)));
  return fields.Build(message, keys, core::Identity(1));
}

chora::RoundMessage SomeRound() {
  chora::RoundMessage message;
  message.header = {1, 42, 2};
  message.round = 100;
  message.frontier = 98;
  message.votes[0] = {7, 5};
  message.votes[2] = {3, 0};
  message.has_batch = true;
  message.batch = chora::Batch::Encode({}, {});
  return message;
}

TEST_CASE("chora fields: a round's message proposes a batch and votes on rounds, by masks") {
  const chora::Fields fields(ConfigOf());
  const chora::Codec codec(ConfigOf());
  const core::Bytes payload = codec.Encode(SomeRound());
  CHECK(Facts(fields, payload) ==
        "proposes lane=2 ballot=0 content=5B\n"
        "votes round=99 lane=0 mask=5/7\n"
        "votes round=97 lane=0 mask=0/3");
  CHECK(Rebuilt(fields, payload) == payload);
}

TEST_CASE("chora fields: the requests in a batch are told inside it, and built back as changed") {
  const chora::Fields fields(ConfigOf());
  const chora::Codec codec(ConfigOf());
  chora::RoundMessage round = SomeRound();
  std::vector<chora::Command> commands = {
      {core::ClientId(7), core::RequestId(3), 2, core::Bytes::Copy("left")},
      {core::ClientId(8), core::RequestId(4), 4, core::Bytes::Copy("right")}};
  round.batch = chora::Batch::Encode({}, commands);
  const core::Bytes payload = codec.Encode(round);
  CHECK(Facts(fields, payload)
            .starts_with("proposes lane=2 ballot=0\n"
                         "requests client=7 id=3 low=2\n"
                         "requests client=8 id=4 low=4 content="));
  CHECK(Rebuilt(fields, payload) == payload);
  core::FieldedMessage message;
  REQUIRE(fields.Read(payload, message));
  for (core::Field& field : message.fields) {
    const core::FieldSpec& spec = fields.types()[message.type].fields[field.spec];
    if (spec.role == core::Role::kRequest && field.values.first == 4) field.values.first = 9;
  }
  commands[1].id = core::RequestId(9);
  round.batch = chora::Batch::Encode({}, commands);
  const Keys keys((core::NodeId(0)));
  CHECK(fields.Build(message, keys, core::Identity(1)) == codec.Encode(round));
}

chora::RepairMessage SomeRepair() {
  chora::RepairMessage message;
  message.header = {1, 42, 2};
  message.round = 200;
  message.frontier = 64;
  Entry votes;
  votes.slots = {1, 64, 0b1101};
  votes.ones = 0b0100;
  Entry resolve;
  resolve.kind = EntryKind::kResolve;
  resolve.slots = Span::Of({70, 1});
  resolve.ballot = 1;
  resolve.value = Value::kBatch;
  resolve.has_batch = true;
  resolve.batch = chora::Batch::Encode({}, {});
  Entry accepted;
  accepted.kind = EntryKind::kAccepted;
  accepted.slots = {0, 128, 0b111};
  accepted.ballot = 3;
  Entry decided;
  decided.kind = EntryKind::kDecided;
  decided.slots = {2, 128, 1};
  Entry promise;
  promise.kind = EntryKind::kPromise;
  promise.slots = {0, 64, 1};
  promise.ballot = 4;
  promise.accepted = 1;
  promise.value = Value::kBatch;
  Entry prepare;
  prepare.kind = EntryKind::kPrepare;
  prepare.slots = {0, 64, 1};
  prepare.ballot = 5;
  Entry fetch;
  fetch.kind = EntryKind::kFetch;
  fetch.slots = {0, 64, 2};
  Entry offer;
  offer.kind = EntryKind::kOffer;
  offer.snapshot_round = 1'024;
  offer.snapshot_bytes = 5'000;
  message.entries = {votes, resolve, accepted, decided, promise, prepare, fetch, offer};
  return message;
}

TEST_CASE(
    "chora fields: repairs tell votes, proposals, acceptances, decisions and promises by runs") {
  const chora::Fields fields(ConfigOf());
  const chora::Codec codec(ConfigOf());
  const core::Bytes payload = codec.Encode(SomeRepair());
  CHECK(Facts(fields, payload) ==
        "votes rounds=64 lane=1 ballot=0 value=0\n"
        "votes rounds=66 lane=1 ballot=0 value=1\n"
        "votes rounds=67 lane=1 ballot=0 value=0\n"
        "proposes rounds=70 lane=1 ballot=1 value=1 content=5B\n"
        "accepts rounds=128..130 lane=0 ballot=3 value=0\n"
        "decides rounds=128 lane=2 ballot=0 value=0\n"
        "promises rounds=64 lane=0 ballot=4 value=1 accepted=2");
  // Runs of votes are entries of their own when it is built back; then nothing changes any more.
  const core::Bytes once = Rebuilt(fields, payload);
  CHECK(Facts(fields, once) == Facts(fields, payload));
  CHECK(Rebuilt(fields, once) == once);
}

TEST_CASE("chora fields: a run over a boundary of 64 rounds is built as two entries") {
  const chora::Fields fields(ConfigOf());
  const chora::Codec codec(ConfigOf());
  chora::RepairMessage repair;
  repair.header = {1, 42, 2};
  Entry entry;
  entry.kind = EntryKind::kDecided;
  entry.slots = {1, 64, 3};
  repair.entries = {entry};
  core::FieldedMessage message;
  REQUIRE(fields.Read(codec.Encode(repair), message));
  for (core::Field& field : message.fields) {
    if (fields.types()[message.type].fields[field.spec].role == core::Role::kRound) {
      field.values = core::Run{126, 4, 1};
    }
  }
  const Keys keys((core::NodeId(0)));
  chora::RepairMessage back;
  REQUIRE(codec.Decode(fields.Build(message, keys, core::Identity(1)), back));
  REQUIRE(back.entries.size() == 2);
  CHECK(back.entries[0].slots == Span{1, 64, std::uint64_t{3} << 62});
  CHECK(back.entries[1].slots == Span{1, 128, 3});
}

TEST_CASE("chora fields: all other messages come back as they were") {
  const chora::Fields fields(ConfigOf());
  const chora::Codec codec(ConfigOf());
  const core::Bytes batch = chora::Batch::Encode(std::vector<chora::Reconf>{{1, true, 9}}, {});
  for (const core::Bytes& payload :
       {codec.Encode(chora::ForwardMessage{{1, 42, 2}, batch}),
        codec.Encode(chora::RecoverMessage{{1, 42, 2}}),
        codec.Encode(chora::RecoverAnswer{{1, 42, 2}, 43, 1'000}),
        codec.Encode(chora::ChunkRequest{{1, 42, 2}, 1'024, 7}),
        codec.Encode(chora::ChunkMessage{{1, 42, 2}, 1'024, 7, core::Bytes::Copy("chunk")})}) {
    CHECK(Rebuilt(fields, payload) == payload);
    CHECK(Facts(fields, payload).empty());
  }
  CHECK(Facts(fields, core::Bytes::Copy("\x01nonsense")) == "no message");
}

}  // namespace
}  // namespace lockstep::tests
