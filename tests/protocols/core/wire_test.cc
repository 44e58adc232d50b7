// Encoding and decoding: what is written is read, and any input is survived.

#include "protocols/core/wire.h"

#include <cstdint>
#include <string>

#include "protocols/core/random.h"
#include "protocols/core/request.h"
#include "protocols/core/run.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Bytes;
using core::Decoder;
using core::Encoder;
using core::Run;

constexpr std::uint64_t kLargest = std::uint64_t{1} << 62;

Bytes EncodedRun(std::uint64_t first, std::uint64_t count, std::uint64_t stride) {
  Encoder encoder;
  encoder.PutRun({first, count, stride});
  return encoder.Take();
}

bool IsRun(std::uint64_t first, std::uint64_t count, std::uint64_t stride) {
  const Bytes bytes = EncodedRun(first, count, stride);
  Decoder decoder(bytes);
  const Run run = decoder.GetRun();
  if (!decoder.ok()) CHECK(run == Run{});
  return decoder.ok();
}

TEST_CASE("wire: numbers are little-endian and of fixed size") {
  Encoder encoder;
  encoder.U8(0x01);
  encoder.U32(0x02030405);
  encoder.U64(0x060708090A0B0C0D);
  const Bytes bytes = encoder.Take();
  CHECK(bytes.ToString() == "\x01\x05\x04\x03\x02\x0D\x0C\x0B\x0A\x09\x08\x07\x06");
}

TEST_CASE("wire: what is written is read, over literals and filler alike") {
  Encoder encoder;
  encoder.U8(255);
  encoder.U32(~0U);
  encoder.U64(~std::uint64_t{0});
  encoder.PutRun({7, 8, 9});
  encoder.PutTag({11, 12});
  encoder.Content(Bytes::Filler({1, 2, 3, 4, 5, 0}));
  CHECK(encoder.size() == 1 + 4 + 8 + 3 * 8 + 2 * 8 + 4 * 5);
  encoder.PadTo(100);
  encoder.PadTo(50);
  const Bytes bytes = encoder.Take();
  CHECK(bytes.size() == 100);
  for (const Bytes& form : {bytes, Bytes::Copy(bytes.ToString())}) {
    Decoder decoder(form);
    CHECK(decoder.U8() == 255);
    CHECK(decoder.U32() == ~0U);
    CHECK(decoder.U64() == ~std::uint64_t{0});
    CHECK(decoder.GetRun() == Run{7, 8, 9});
    CHECK(decoder.GetTag() == core::Tag{11, 12});
    CHECK(decoder.Content(20) == Bytes::Filler({1, 2, 3, 4, 5, 0}));
    CHECK(decoder.ok());
    CHECK(decoder.remaining() == 100 - 73);
  }
}

TEST_CASE("wire: what is missing fails for good, and reads as zero") {
  const Bytes bytes = Bytes::Copy("\x01\x02\x03");
  Decoder decoder(bytes);
  CHECK(decoder.U32() == 0);
  CHECK_FALSE(decoder.ok());
  CHECK(decoder.U8() == 0);
  CHECK(decoder.Content(1).empty());
  CHECK(decoder.GetTag() == core::Tag{});
  CHECK_FALSE(decoder.ok());
  Decoder content(bytes);
  CHECK(content.Content(4).empty());
  CHECK_FALSE(content.ok());
  const Bytes nothing;
  Decoder empty(nothing);
  CHECK(empty.Content(0).empty());
  CHECK(empty.ok());
  empty.Fail();
  CHECK_FALSE(empty.ok());
}

TEST_CASE("wire: a run whose last number cannot exist is refused") {
  CHECK(IsRun(0, 0, 1));
  CHECK(IsRun(kLargest - 1, 1, 1));
  CHECK(IsRun(0, kLargest - 1, 1));
  CHECK_FALSE(IsRun(0, 1, 0));
  CHECK_FALSE(IsRun(kLargest, 1, 1));
  CHECK_FALSE(IsRun(0, kLargest, 1));
  CHECK_FALSE(IsRun(0, 3, kLargest / 2));
  CHECK_FALSE(IsRun(1, ~std::uint64_t{0}, 1));
  CHECK_FALSE(IsRun(~std::uint64_t{0}, 2, ~std::uint64_t{0}));
  CHECK(IsRun(0, 2, kLargest / 2));
}

TEST_CASE(
    "frames: requests and answers come back as they were, and all that is cut off is noticed") {
  for (const std::uint8_t type : {core::Frame::kRequest, core::Frame::kAnswer}) {
    const bool is_request = type == core::Frame::kRequest;
    const core::Frame frame{type, core::ClientId(1'000'000'000'007), core::RequestId(77),
                            core::RequestId(is_request ? 75 : 0), Bytes::Copy("content")};
    const std::uint64_t overhead =
        core::Frame::kOverhead + (is_request ? core::Frame::kLowBytes : 0);
    const Bytes whole = core::EncodeFrame(frame);
    CHECK(whole.size() == overhead + frame.content.size());
    const auto read = core::DecodeFrame(whole);
    REQUIRE(read.has_value());
    CHECK(read->type == frame.type);
    CHECK(read->client == frame.client);
    CHECK(read->id == frame.id);
    CHECK(read->low == frame.low);
    CHECK(read->content == frame.content);
    for (std::uint64_t size = 0; size < overhead; ++size) {
      CHECK_FALSE(core::DecodeFrame(whole.Slice(0, size)).has_value());
    }
  }
  const core::Frame other{29, core::ClientId(1), core::RequestId(2), core::RequestId(), Bytes()};
  CHECK_FALSE(core::DecodeFrame(core::EncodeFrame(other)).has_value());
}

TEST_CASE("frames: a request whose client no longer waits for it is none") {
  const auto decoded = [](std::uint64_t low) {
    return core::DecodeFrame(
        core::EncodeFrame({core::Frame::kRequest, core::ClientId(1), core::RequestId(7),
                           core::RequestId(low), Bytes::Copy("x")}));
  };
  CHECK(decoded(7).has_value());
  CHECK_FALSE(decoded(8).has_value());
}

}  // namespace
}  // namespace lockstep::tests
