// Contents of test messages: the same bytes in each kind, and what is signed in a world of real
// bytes verifies once it was written out.

#include "protocols/core/content.h"

#include <cstdint>
#include <string>
#include <vector>

#include "protocols/c3b/messages.h"
#include "protocols/core/request.h"
#include "protocols/core/run.h"
#include "protocols/picsou/messages.h"
#include "protocols/pingpong/pingpong.h"
#include "tests/support/keys.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Bytes;
using core::ContentKind;
using core::Run;

constexpr core::Identity kSender(2);
constexpr core::Identity kReceiver(9);

std::vector<core::Records> DataOf(ContentKind kind) {
  std::vector<core::Records> data;
  for (const Run& run : {Run{0, 3, 4}, Run{40, 1, 1}}) {
    data.push_back({run, 100, core::ContentsOf(kind).Make(1, run, 100)});
  }
  return data;
}

// As it would be read from a socket.
Bytes WrittenOut(const Bytes& bytes) { return Bytes::Copy(bytes.ToString()); }

// The same message, read from its bytes as they are and written out.
void CheckSameFields(const core::MessageFields& fields, const Bytes& bytes) {
  core::FieldedMessage made;
  core::FieldedMessage read;
  REQUIRE(fields.Read(bytes, made));
  REQUIRE(fields.Read(WrittenOut(bytes), read));
  CHECK(made.type == read.type);
  REQUIRE(made.fields.size() == read.fields.size());
  for (std::size_t i = 0; i < made.fields.size(); ++i) {
    CHECK(made.fields[i].spec == read.fields[i].spec);
    CHECK(made.fields[i].index == read.fields[i].index);
    CHECK(made.fields[i].values == read.fields[i].values);
    CHECK(made.fields[i].content == read.fields[i].content);
  }
}

}  // namespace

TEST_CASE("contents: filler and real ones are the same bytes, which only real ones hold") {
  const Run numbers{7, 5, 3};
  const Bytes filler = core::ContentsOf(ContentKind::kFiller).Make(2, numbers, 33);
  const Bytes real = core::ContentsOf(ContentKind::kReal).Make(2, numbers, 33);
  CHECK(filler == real);
  CHECK(filler.literal().empty());
  CHECK(real.literal().size() == 5 * 33);
  // One digest in each world, and not the same.
  CHECK(WrittenOut(real).Digest() == real.Digest());
  CHECK(WrittenOut(filler).Digest() != filler.Digest());
}

TEST_CASE("contents: a message of any codec says the same once it was written out") {
  const Keys keys(kSender);
  const picsou::Codec codec({8, 500, 4}, 64);
  const picsou::Fields picsou_fields(codec);
  const picsou::Ack ack{5, 9, {{7, 2, 1}}};
  for (const ContentKind kind : {ContentKind::kFiller, ContentKind::kReal}) {
    const std::vector<core::Records> data = DataOf(kind);
    const picsou::Batch batch{core::StreamId(0), data, core::StreamId(1), ack};
    CheckSameFields(picsou_fields, codec.Encode(batch, keys, kReceiver));
    CheckSameFields(picsou_fields, codec.Encode(picsou::Broadcast{core::StreamId(0), data}));
    CheckSameFields(c3b::Fields({}), c3b::Encode({core::StreamId(0), data}, {}));
    const core::Frame frame{core::Frame::kAnswer, core::ClientId(7), core::RequestId(8),
                            core::RequestId(), data[0].contents};
    const auto read = core::DecodeFrame(WrittenOut(core::EncodeFrame(frame)));
    REQUIRE(read.has_value());
    CHECK(read->type == frame.type);
    CHECK(read->client == frame.client);
    CHECK(read->id == frame.id);
    CHECK(read->content == frame.content);
  }
  const pingpong::Fields ball;
  CheckSameFields(ball, ball.Build({0, {{0, 0, {77, 1, 1}, {}}}}, keys, kReceiver));
}

TEST_CASE("contents: a MAC over real ones verifies once the message was written out") {
  const Keys sender(kSender);
  const Keys receiver(kReceiver);
  const picsou::Codec codec({}, 64);
  const auto is_verified = [&](ContentKind kind) {
    const picsou::Batch batch{core::StreamId(0), DataOf(kind), core::StreamId(1), {}};
    const Bytes read = WrittenOut(codec.Encode(batch, sender, kReceiver));
    const picsou::Codec::Decoded decoded = codec.Decode(read);
    REQUIRE(decoded.batch.has_value());
    return receiver.VerifyMac(kSender, decoded.signed_digest, decoded.mac);
  };
  CHECK(is_verified(ContentKind::kReal));
  // Why a world has one kind.
  CHECK_FALSE(is_verified(ContentKind::kFiller));
}

}  // namespace lockstep::tests
