// What a replica believes where contents have certificates (the Picsou paper, sections 2 and 4.1).

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "protocols/catalog.h"
#include "protocols/core/certificate.h"
#include "protocols/core/run.h"
#include "protocols/parameters/parameters.h"
#include "tests/protocols/picsou/rig.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::NoteKind;
using core::Records;
using core::Run;

picsou::Config WithCertificates() {
  picsou::Config config = PicsouConfig();
  config.certificates = true;
  return config;
}

// As the other cluster has committed it.
Records ProvenIncoming(const Run& run) {
  const picsou::Config config = WithCertificates();
  const NotaryOf notary(config.other.first);
  const core::StreamProofs proofs(notary.certificates(), config.other, kIn);
  Records records = Incoming(run);
  records.certificate = proofs.Certify(run, records.size, records.contents);
  return records;
}
// The same with contents that nobody has committed.
Records WithOtherContents(const Run& run) {
  Records records = ProvenIncoming(run);
  records.contents = core::Bytes::Copy(std::string(run.count * records.size, 'x'));
  return records;
}

bool IsRefused(Rig& rig, std::uint64_t malformed_before) {
  return Notes(rig.out, NoteKind::kMalformed).size() == malformed_before + 1 &&
         rig.owner.times().empty() && SentTo(rig.out, rig.config.own.Replica(1)).empty();
}

TEST_CASE("credentials: what is proven is held and passed on with its proof (2, 4.1)") {
  Rig rig(WithCertificates());
  rig.Start(0);
  rig.Take();
  const std::vector<Records> data = {ProvenIncoming({3, 4, 28}), ProvenIncoming({4, 1, 1})};
  rig.Hear(NowAtMs(1), 5, {}, data);
  CHECK(Notes(rig.out, NoteKind::kMalformed).empty());
  CHECK(rig.owner.times().size() == 5);
  const std::vector<core::Bytes> sent = SentTo(rig.out, rig.config.own.Replica(1));
  REQUIRE(sent.size() == 1);
  const auto decoded = rig.codec().Decode(sent[0]);
  REQUIRE(decoded.broadcast);
  CHECK(decoded.broadcast->data == data);
  CHECK(Keys(core::NodeId(1)).Verify(core::Identity(0), decoded.signed_digest, decoded.mac));
  std::uint64_t verified = 0;
  for (const core::effect::Spend& spend : All<core::effect::Spend>(rig.out))
    if (spend.kind == core::Work::kVerify) verified += spend.count;
  CHECK(verified == 5);
}

TEST_CASE("credentials: one record without a proof takes all of its message with it") {
  Records bare = ProvenIncoming({0, 1, 1});
  bare.certificate.reset();
  Records moved = ProvenIncoming({0, 1, 1});
  ++moved.run.first;
  Records few = ProvenIncoming({0, 1, 1});
  few.certificate->signers[0].count -= 1;
  Records old = ProvenIncoming({0, 1, 1});
  ++old.certificate->epoch;
  for (const Records& wrong : {bare, moved, few, old, WithOtherContents({0, 1, 1})}) {
    Rig rig(WithCertificates());
    rig.Start(100);
    rig.Take();
    rig.Hear(NowAtMs(1), 5, {7, 0, {}}, {ProvenIncoming({1, 1, 1}), wrong});
    CHECK(IsRefused(rig, 0));
    rig.HearLocally(NowAtMs(1), 2, {ProvenIncoming({1, 1, 1}), wrong});
    CHECK(IsRefused(rig, 1));
    const picsou::Supply supply{kIn, 0, 1, 0, {wrong}};
    const Keys keys(core::NodeId(2));
    rig.replica->OnMessage(NowAtMs(1), core::NodeId(2),
                           rig.codec().Encode(supply, &keys, core::Identity(0)), rig.out);
    CHECK(IsRefused(rig, 2));
    // Without certificates it is taken from whoever brings it.
    Rig gullible(PicsouConfig());
    gullible.Start(100);
    gullible.Hear(NowAtMs(1), 5, {}, {Records{wrong.run, wrong.size, wrong.contents}});
    CHECK(gullible.owner.times().size() == 1);
  }
}

TEST_CASE(
    "credentials: what a peer says in the name of another, or to another, counts for nothing") {
  const Keys keys(core::NodeId(2));
  const Keys liar(core::NodeId(3));
  const Rig any(WithCertificates());
  const picsou::Codec codec = any.codec();
  const picsou::Broadcast broadcast{kIn, {ProvenIncoming({0, 1, 1})}, 9};
  const picsou::Fetch fetch{kIn, 1, 0, {{0, 1, 1}}};
  const picsou::Supply supply{kIn, 5, 1, 5, {ProvenIncoming({0, 1, 1})}};
  const core::Identity self(0);
  for (const core::Bytes& payload :
       {codec.Encode(broadcast, &liar), codec.Encode(fetch, &liar, self),
        codec.Encode(supply, &liar, self), codec.Encode(fetch, &keys, core::Identity(1)),
        codec.Encode(supply, &keys, core::Identity(1))}) {
    Rig rig(WithCertificates());
    rig.Start(100);
    rig.Take();
    rig.replica->OnMessage(NowAtMs(1), core::NodeId(2), payload, rig.out);
    CHECK(IsRefused(rig, 0));
  }
}

TEST_CASE("credentials: no flipped bit of what a peer says is taken for it") {
  const Keys keys(core::NodeId(2));
  const Rig any(WithCertificates());
  const picsou::Codec codec = any.codec();
  Records literal = ProvenIncoming({0, 2, 1});
  const picsou::Broadcast broadcast{kIn, {literal}, 9};
  const picsou::Fetch fetch{kIn, 1, 0, {{0, 1, 1}}};
  const picsou::Supply supply{kIn, 5, 1, 5, {literal}};
  for (const core::Bytes& payload :
       {codec.Encode(broadcast, &keys), codec.Encode(fetch, &keys, core::Identity(0)),
        codec.Encode(supply, &keys, core::Identity(0))}) {
    const std::string text(payload.literal());
    for (std::size_t bit = 0; bit < 8 * text.size(); ++bit) {
      std::string damaged = text;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
      Rig rig(WithCertificates());
      rig.Start(100);
      rig.Take();
      rig.replica->OnMessage(NowAtMs(1), core::NodeId(2),
                             core::Bytes::Of(damaged, payload.filler()), rig.out);
      CAPTURE(bit);
      REQUIRE(IsRefused(rig, 0));
    }
  }
}

TEST_CASE("credentials: a part of what was proven is supplied with a proof of its own") {
  Rig rig(WithCertificates());
  rig.Start(0);
  rig.Hear(NowAtMs(1), 5, {}, {ProvenIncoming({0, 8, 1})});
  rig.Take();
  const Keys keys(core::NodeId(2));
  const picsou::Fetch fetch{kIn, 1, 0, {{2, 3, 1}}};
  rig.replica->OnMessage(NowAtMs(2), core::NodeId(2),
                         rig.codec().Encode(fetch, &keys, core::Identity(0)), rig.out);
  const std::vector<core::Bytes> sent = SentTo(rig.out, core::NodeId(2));
  REQUIRE(sent.size() == 1);
  const auto supply = rig.codec().Decode(sent[0]).supply;
  REQUIRE(supply);
  CHECK(core::CountOf(supply->data) == 3);
  Rig other(WithCertificates(), 2);
  other.Start(0);
  other.HearLocally(NowAtMs(3), 0, supply->data);
  CHECK(other.owner.times().size() == 3);
}

TEST_CASE("credentials: what is sent of the own log is proven by it, sent again or not") {
  Rig rig(WithCertificates());
  rig.Start(8);
  std::uint64_t proven = 0;
  const core::Effects listed = rig.Take();
  for (std::uint32_t j = 0; j < kOtherSize; ++j) {
    for (const picsou::Batch& batch : rig.BatchesTo(listed, j)) {
      const NotaryOf notary(rig.Receiver(j));
      CHECK(core::AreProven(batch.data, {notary.certificates(), rig.config.own, kOut}));
      proven += core::CountOf(batch.data);
    }
  }
  CHECK(proven == 2);  // k′ 0 and 4 of those of four replicas
}

CatalogInput EndsThatSay(const char* a, const char* b) {
  const auto stack = [](const char* says) {
    return ParseJson(std::string(R"([{"rsm": "file", "message_bytes": 1000}, {"c3b": "picsou")") +
                         says + "}]",
                     "test")
        .value();
  };
  CatalogInput input;
  input.clusters = {{"a", core::NodeId(0), 4, 1, 1}, {"b", core::NodeId(4), 7, 2, 2}};
  input.stacks = {stack(a), stack(b)};
  input.pointers = {"/clusters/0/stack", "/clusters/1/stack"};
  input.file = "f.json";
  input.send_buffer = core::ByteCount(1 << 23);
  return input;
}

TEST_CASE("credentials: a node built by name sends what its fields read, and build again") {
  for (const char* says : {"", R"(, "certificates": false)"}) {
    const auto program = CatalogProgram::Compile(EndsThatSay(says, says)).value();
    for (std::uint32_t c = 0; c < 2; ++c) {
      const core::NodeId self = program->clusters()[c].Replica(1);
      const Keys keys(self);
      const NotaryOf notary(self);
      core::Seat seat;
      seat.self = self;
      seat.cluster = core::ClusterId(c);
      seat.index = 1;
      seat.send_buffer = core::ByteCount(1 << 23);
      seat.signer = &keys;
      seat.verifier = &keys;
      seat.certificates = &notary.certificates();
      core::Effects out;
      const std::unique_ptr<core::Node> node = program->Build(seat);
      node->OnStart(NowAtMs(0), {}, out);
      const auto sends = All<core::effect::Send>(out);
      REQUIRE(!sends.empty());
      const core::MessageFields& fields = program->Fields(core::ClusterId(c));
      for (const core::effect::Send& send : sends) {
        CHECK(program->clusters()[1 - c].Has(send.to));
        core::FieldedMessage message;
        REQUIRE(fields.Read(send.payload, message));
        CHECK(fields.types()[message.type].name == "picsou.batch");
        CHECK(fields.Build(message, keys, core::SpeakerOf(send.to)) == send.payload);
      }
    }
  }
}

// Of two clusters whose Picsou says this: what is wrong with them, or whether they have some.
std::string SaidOfEnds(const char* a, const char* b) {
  const auto program = CatalogProgram::Compile(EndsThatSay(a, b));
  if (!program.ok()) return std::string(program.status().message());
  return (*program)->has_certificates() ? "some" : "none";
}

TEST_CASE("credentials: both ends have certificates or neither has, and the artifact never has") {
  constexpr const char* kSome = R"(, "certificates": true)";
  constexpr const char* kNone = R"(, "certificates": false)";
  CHECK(SaidOfEnds(kSome, "") == "some");
  CHECK(SaidOfEnds(kNone, kNone) == "none");
  CHECK(SaidOfEnds(kNone, "") ==
        "f.json: /clusters/0/stack/1/certificates: want the same at both ends, as b has some, not "
        "false");
  CHECK(
      SaidOfEnds("", kNone) ==
      "f.json: /clusters/0/stack/1/certificates: is missing; want the same at both ends, as b has "
      "none");
  constexpr const char* kArtifact = R"(, "rule": "artifact")";
  constexpr const char* kProven = R"(, "rule": "artifact", "certificates": true)";
  CHECK(SaidOfEnds(kArtifact, kArtifact) == "none");
  const std::string refused = SaidOfEnds(kProven, kProven);
  CHECK(refused.rfind("f.json: /clusters/0/stack/1/certificates: ", 0) == 0);
}

}  // namespace
}  // namespace lockstep::tests
