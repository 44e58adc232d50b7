// The codec of Picsou: round trips, hostile bytes, what the MAC covers, what padding charges,
// fields.

#include "protocols/picsou/messages.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "protocols/core/random.h"
#include "protocols/core/run.h"
#include "tests/support/keys.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Bytes;
using core::NodeId;
using core::Records;
using core::Run;
using picsou::Ack;
using picsou::Batch;
using picsou::Broadcast;
using picsou::Codec;
using picsou::Fetch;
using picsou::Supply;

constexpr std::uint64_t kPhi = 1'000;
constexpr core::Identity kSender(2);
constexpr core::Identity kReceiver(9);
const Keys kSenderKeys(kSender);
const Keys kReceiverKeys(kReceiver);

Ack DrawAck(core::Random& random) {
  Ack ack;
  ack.cumulative = random.Below(1'000'000);
  for (std::uint64_t runs = random.Below(5); runs > 0; --runs) {
    // At most 1 + 400 + 19 * 28 positions above: in reach of phi.
    const Run run{ack.cumulative + 1 + random.Below(400), 1 + random.Below(20),
                  1 + random.Below(28)};
    ack.phi.push_back(run);
    ack.phi_end = std::max(ack.phi_end, run.Last() + 1);
  }
  return ack;
}

// Literal contents, so that a flipped byte is one of theirs.
std::vector<Records> DrawRecords(core::Random& random) {
  std::vector<Records> data;
  for (std::uint64_t runs = random.Below(4); runs > 0; --runs) {
    const Run run{random.Below(1'000'000), 1 + random.Below(9), 1 + random.Below(28)};
    const std::uint64_t size = random.Below(30);
    std::string text(run.count * size, '\0');
    for (char& byte : text) byte = static_cast<char>(random.Below(256));
    data.push_back({run, size, Bytes::Copy(text)});
  }
  return data;
}

Batch DrawBatch(core::Random& random) {
  const auto stream = [&] { return core::StreamId(static_cast<std::uint32_t>(random.Below(9))); };
  Batch batch;
  batch.data_stream = stream();
  batch.data = DrawRecords(random);
  batch.ack_stream = stream();
  batch.ack = DrawAck(random);
  batch.quack = random.Below(1U << 20);
  return batch;
}

bool Verifies(const Codec::Decoded& decoded) {
  return decoded.batch && kReceiverKeys.VerifyMac(kSender, decoded.signed_digest, decoded.mac);
}

TEST_CASE("picsou codec: random messages are read as they were written") {
  core::Random random = core::Random(1).Fork("codec");
  for (const picsou::WireSizes sizes : {picsou::WireSizes{}, picsou::WireSizes{9, 600, 10}}) {
    const Codec codec(sizes, kPhi);
    for (int i = 0; i < 300; ++i) {
      const Batch batch = DrawBatch(random);
      const Codec::Decoded decoded = codec.Decode(codec.Encode(batch, kSenderKeys, kReceiver));
      REQUIRE(decoded.batch.has_value());
      REQUIRE(!decoded.broadcast.has_value());
      REQUIRE(decoded.batch->data_stream == batch.data_stream);
      REQUIRE(decoded.batch->data == batch.data);
      REQUIRE(decoded.batch->ack_stream == batch.ack_stream);
      REQUIRE(decoded.batch->ack == batch.ack);
      REQUIRE(decoded.batch->quack == batch.quack);
      REQUIRE(Verifies(decoded));
      const Broadcast broadcast{batch.data_stream, batch.data, random.Below(1U << 20)};
      const Codec::Decoded local = codec.Decode(codec.Encode(broadcast));
      REQUIRE(local.broadcast.has_value());
      REQUIRE(!local.batch.has_value());
      REQUIRE(local.broadcast->stream == broadcast.stream);
      REQUIRE(local.broadcast->data == broadcast.data);
      REQUIRE(local.broadcast->cumulative == broadcast.cumulative);
    }
  }
}

TEST_CASE("picsou codec: any bytes are decoded or refused, and none crash") {
  core::Random random = core::Random(2).Fork("codec");
  const Codec codec({}, kPhi);
  for (int i = 0; i < 300; ++i) {
    const Batch batch = DrawBatch(random);
    const Bytes whole = i % 2 == 0 ? codec.Encode(batch, kSenderKeys, kReceiver)
                                   : codec.Encode(Broadcast{batch.data_stream, batch.data});
    std::string text = whole.ToString();
    for (std::uint64_t size = 0; size < text.size(); size += 1 + size / 8) {
      const Codec::Decoded cut = codec.Decode(Bytes::Copy(text.substr(0, size)));
      REQUIRE(!cut.batch.has_value());
      REQUIRE(!cut.broadcast.has_value());
    }
    for (std::uint64_t damages = 1 + random.Below(8); damages > 0; --damages) {
      text[random.Below(text.size())] = static_cast<char>(random.Below(256));
      const Codec::Decoded decoded = codec.Decode(Bytes::Copy(text));
      if (!decoded.batch) continue;
      // What is let through is sane, whatever it says.
      for (const Run& run : decoded.batch->ack.phi) {
        REQUIRE(run.count > 0);
        REQUIRE(run.first > decoded.batch->ack.cumulative);
        REQUIRE(run.Last() <= decoded.batch->ack.cumulative + kPhi);
      }
      for (const Records& records : decoded.batch->data) {
        REQUIRE(records.contents.size() == records.run.count * records.size);
      }
    }
  }
}

TEST_CASE("picsou codec: no bit of a batch can be changed under its MAC") {
  core::Random random = core::Random(3).Fork("codec");
  const Codec codec({}, kPhi);
  for (int i = 0; i < 20; ++i) {
    const std::string text = codec.Encode(DrawBatch(random), kSenderKeys, kReceiver).ToString();
    for (std::size_t at = 0; at < text.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string damaged = text;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
        REQUIRE(!Verifies(codec.Decode(Bytes::Copy(damaged))));
      }
    }
  }
}

TEST_CASE("picsou codec: a MAC is for one sender and one receiver") {
  core::Random random = core::Random(4).Fork("codec");
  const Codec codec({}, kPhi);
  const Codec::Decoded decoded =
      codec.Decode(codec.Encode(DrawBatch(random), kSenderKeys, kReceiver));
  CHECK(kReceiverKeys.VerifyMac(kSender, decoded.signed_digest, decoded.mac));
  CHECK_FALSE(kReceiverKeys.VerifyMac(core::Identity(3), decoded.signed_digest, decoded.mac));
  CHECK_FALSE(Keys(core::Identity(8)).VerifyMac(kSender, decoded.signed_digest, decoded.mac));
}

// A batch that says this of the receiver's stream, and has no data.
bool IsAckAccepted(const Ack& ack, std::uint64_t phi) {
  const Codec codec({}, phi);
  const Batch batch{core::StreamId(0), {}, core::StreamId(1), ack};
  return codec.Decode(codec.Encode(batch, kSenderKeys, kReceiver)).batch.has_value();
}

TEST_CASE("picsou codec: a phi-list lies above the ACK, within phi, and ends at its last set bit") {
  CHECK(IsAckAccepted({7, 0, {}}, 0));
  // The first position that a list can have is cumulative + 1, the last cumulative + phi.
  CHECK(IsAckAccepted({7, 9, {{8, 1, 1}}}, 1));
  CHECK(IsAckAccepted({7, 12, {{11, 1, 1}}}, 4));
  CHECK_FALSE(IsAckAccepted({7, 12, {{11, 1, 1}}}, 3));
  CHECK_FALSE(IsAckAccepted({7, 9, {{8, 1, 1}}}, 0));
  CHECK_FALSE(IsAckAccepted({7, 8, {{7, 1, 1}}}, 4));
  CHECK_FALSE(IsAckAccepted({7, 9, {{6, 3, 1}}}, 4));
  CHECK_FALSE(IsAckAccepted({7, 9, {{8, 0, 1}}}, 4));
  // Nobody is made to judge what no bit stands behind, nor to overlook one.
  CHECK_FALSE(IsAckAccepted({7, 11, {{8, 1, 1}}}, 4));
  CHECK_FALSE(IsAckAccepted({7, 11, {}}, 4));
  CHECK_FALSE(IsAckAccepted({7, 0, {{8, 1, 1}}}, 4));
  CHECK_FALSE(IsAckAccepted({7, 10, {{8, 4, 1}}}, 4));
  CHECK(IsAckAccepted({(std::uint64_t{1} << 62) - 1, 0, {}}, 4));
  CHECK_FALSE(IsAckAccepted({~std::uint64_t{0}, 0, {}}, 4));
}

TEST_CASE("picsou codec: padding charges the declared sizes, phi as a bitmap") {
  constexpr picsou::WireSizes kSizes{12, 2'000, 10};
  const Codec codec(kSizes, kPhi);
  const std::vector<Records> data = {{{4, 3, 4}, 100, Bytes::Filler({1, 4, 4, 3, 100, 0})},
                                     {{17, 1, 1}, 33, Bytes::Filler({1, 17, 0, 1, 33, 0})}};
  const std::uint64_t content = 3 * 100 + 33;
  const std::uint64_t records = 4 * kSizes.record_bytes;
  const auto size = [&](const Ack& ack) {
    const Batch batch{core::StreamId(0), data, core::StreamId(1), ack};
    return codec.Encode(batch, kSenderKeys, kReceiver).size();
  };
  CHECK(size({50, 0, {}}) == kSizes.batch_bytes + content + records);
  // Bit 0 is position cumulative + 1: 64 positions are one word, 65 are two.
  const auto word_of = [&](std::uint64_t last) {
    return (size({50, last + 1, {{last, 1, 1}}}) - size({50, 0, {}})) / kSizes.phi_word_bytes;
  };
  CHECK(word_of(50 + 1) == 1);
  CHECK(word_of(50 + 64) == 1);
  CHECK(word_of(50 + 65) == 2);
  CHECK(word_of(50 + kPhi) == (kPhi + 63) / 64);
  CHECK(codec.Encode(Broadcast{core::StreamId(0), data}).size() ==
        kSizes.batch_bytes + content + records);
  // Many runs are charged as the bits that they are.
  CHECK(size({50, 116, {{51, 1, 1}, {53, 1, 1}, {60, 5, 2}, {115, 1, 1}}}) ==
        kSizes.batch_bytes + 2 * kSizes.phi_word_bytes + content + records);
}

TEST_CASE("picsou codec: no batch is larger than what credit was kept for") {
  core::Random random = core::Random(5).Fork("codec");
  for (const picsou::WireSizes sizes :
       {picsou::WireSizes{}, picsou::WireSizes{9, 30, 10}, picsou::WireSizes{9, 600, 10}}) {
    const Codec codec(sizes, kPhi);
    for (int i = 0; i < 200; ++i) {
      const Batch batch = DrawBatch(random);
      const std::uint64_t most = codec.OverheadMax(batch.data.size(), batch.ack.phi.size()) +
                                 core::BytesOf(batch.data) +
                                 core::CountOf(batch.data) * sizes.record_bytes;
      REQUIRE(codec.Encode(batch, kSenderKeys, kReceiver).size() <= most);
    }
  }
}

TEST_CASE("picsou codec: who asks for too much, or for what is no position, is not understood") {
  const Codec codec({}, kPhi);
  const auto is_read = [&](const std::vector<Run>& wanted) {
    return codec.Decode(codec.Encode(Fetch{core::StreamId(0), 1, 2, wanted})).fetch.has_value();
  };
  CHECK(is_read({}));
  CHECK(is_read({{5, Fetch::kPositionsMax, 28}}));
  CHECK_FALSE(is_read({{5, Fetch::kPositionsMax + 1, 28}}));
  CHECK_FALSE(is_read({{5, Fetch::kPositionsMax, 28}, {6, 1, 1}}));
  CHECK_FALSE(is_read({{5, 0, 1}}));
  CHECK_FALSE(is_read({{std::uint64_t{1} << 62, 1, 1}}));
  CHECK_FALSE(is_read(std::vector<Run>(Fetch::kPositionsMax + 1, Run{5, 1, 1})));
}

TEST_CASE("picsou fields: a message built from its fields is the message") {
  core::Random random = core::Random(6).Fork("fields");
  const Codec codec({9, 600, 10}, kPhi);
  const picsou::Fields fields(codec);
  for (int i = 0; i < 200; ++i) {
    const Batch batch = DrawBatch(random);
    const Bytes crossing = codec.Encode(batch, kSenderKeys, kReceiver);
    const Bytes local = codec.Encode(Broadcast{batch.data_stream, batch.data, random.Below(99)});
    const Bytes fetch = codec.Encode(
        Fetch{batch.data_stream, random.Below(99), random.Below(99), {{3, 4, 5}, {7, 1, 1}}});
    const Bytes supply = codec.Encode(Supply{batch.data_stream, random.Below(99), random.Below(99),
                                             random.Below(99), batch.data});
    const std::pair<Bytes, std::string_view> all[] = {{crossing, "picsou.batch"},
                                                      {local, "picsou.broadcast"},
                                                      {fetch, "picsou.fetch"},
                                                      {supply, "picsou.supply"}};
    for (const auto& [bytes, name] : all) {
      core::FieldedMessage message;
      REQUIRE(fields.Read(bytes, message));
      REQUIRE(fields.types()[message.type].name == name);
      const Bytes built = fields.Build(message, kSenderKeys, kReceiver);
      REQUIRE(built == bytes);
      core::FieldedMessage again;
      REQUIRE(fields.Read(built, again));
      REQUIRE((again.fields == message.fields));
    }
  }
}

// Calls `change` for each field of this name.
template <typename Change>
void ForField(const picsou::Fields& fields, core::FieldedMessage& message, std::string_view name,
              Change&& change) {
  for (core::Field& field : message.fields) {
    if (core::Path(fields.types()[message.type], field.spec) == name) change(field);
  }
}

TEST_CASE("picsou fields: a changed ACK cuts the phi-list to what is in its reach, and is signed") {
  const Codec codec({}, 10);
  const picsou::Fields fields(codec);
  const Ack ack{20, 31, {{22, 5, 2}, {27, 1, 1}}};  // 22 24 26 28 30, 27
  const Bytes bytes =
      codec.Encode({core::StreamId(0), {}, core::StreamId(1), ack}, kSenderKeys, kReceiver);
  const auto with = [&](std::uint64_t cumulative) {
    core::FieldedMessage message;
    REQUIRE(fields.Read(bytes, message));
    ForField(fields, message, "ack.cumulative",
             [&](core::Field& field) { field.values.first = cumulative; });
    const Codec::Decoded decoded = codec.Decode(fields.Build(message, kSenderKeys, kReceiver));
    REQUIRE(Verifies(decoded));
    return decoded.batch->ack;
  };
  CHECK(with(20) == ack);
  // Up: 24 and below are claimed anyway. The list starts behind the first missing one.
  CHECK(with(24) == Ack{24, 31, {{26, 3, 2}, {27, 1, 1}}});
  CHECK(with(1'000) == Ack{1'000, 0, {}});
  // Down: 10 positions behind the missing one at 15 reach to 25.
  CHECK(with(15) == Ack{15, 25, {{22, 2, 2}}});
  CHECK(with(0) == Ack{0, 0, {}});
}

TEST_CASE("picsou fields: what is no message of Picsou is not read") {
  const picsou::Fields fields(Codec({}, 10));
  core::FieldedMessage message;
  for (const Bytes& bytes : {Bytes(), Bytes::Copy("\x02"), Bytes::Copy(std::string(10, '\0'))}) {
    CHECK_FALSE(fields.Read(bytes, message));
  }
}

TEST_CASE("messages: a batch states its view, signed, and view 0 takes no bytes") {
  const Codec codec({}, kPhi);
  Batch batch{core::StreamId(0), {}, core::StreamId(1), {7, 0, {}}, 3};
  const Bytes plain = codec.Encode(batch, kSenderKeys, kReceiver);
  CHECK(codec.Decode(plain).batch->view == 0);
  batch.view = 12;
  const Bytes viewed = codec.Encode(batch, kSenderKeys, kReceiver);
  CHECK(viewed.size() == plain.size() + 4);
  const Codec::Decoded decoded = codec.Decode(viewed);
  REQUIRE(decoded.batch.has_value());
  CHECK(decoded.batch->view == 12);
  CHECK(decoded.batch->ack == batch.ack);
  CHECK(decoded.batch->quack == 3);
  CHECK(kReceiverKeys.VerifyMac(kSender, decoded.signed_digest, decoded.mac));
  CHECK(decoded.signed_digest != codec.Decode(plain).signed_digest);
  // Less than the credit that is wanted for it.
  CHECK(viewed.size() <= codec.OverheadMax(0, 0));

  // A field of its message, which all that it says share; left out in view 0.
  const picsou::Fields fields(codec);
  core::FieldedMessage message;
  REQUIRE(fields.Read(viewed, message));
  CHECK(message.fields[0].values.first == 12);
  CHECK(fields.types()[message.type].fields[message.fields[0].spec].role == core::Role::kEpoch);
  CHECK(fields.Build(message, kSenderKeys, kReceiver) == viewed);
  REQUIRE(fields.Read(plain, message));
  for (const core::Field& field : message.fields)
    CHECK(fields.types()[message.type].fields[field.spec].role != core::Role::kEpoch);
}

}  // namespace
}  // namespace lockstep::tests
