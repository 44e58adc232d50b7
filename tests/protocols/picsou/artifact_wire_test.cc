// What the published artifact puts on the wire.

#include "protocols/picsou/artifact_wire.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "protocols/core/random.h"
#include "tests/support/keys.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using picsou::ArtifactBytes;

constexpr core::Identity kWireSender(2);
constexpr core::Identity kWireReceiver(9);
constexpr std::uint64_t kWirePhi = 256;
constexpr std::uint64_t kMac = 18;

picsou::Codec ArtifactCodec() { return {{}, kWirePhi, picsou::Rule::kArtifact}; }

core::Records WireRecords(const core::Run& run, std::uint64_t size) {
  return {run, size, core::Bytes::Filler({1, run.first, run.stride, run.count, size, 0})};
}
picsou::Ack WireAck(std::uint64_t cumulative, const std::vector<core::Run>& phi = {}) {
  picsou::Ack ack{cumulative, 0, phi};
  for (const core::Run& run : phi) ack.phi_end = std::max(ack.phi_end, run.Last() + 1);
  return ack;
}
std::uint64_t EncodedBytes(const picsou::Batch& batch) {
  return ArtifactCodec().Encode(batch, Keys(kWireSender), kWireReceiver).size();
}
// Everything that a list says, whatever its runs.
std::vector<std::uint64_t> PositionsIn(const std::vector<core::Run>& runs) {
  std::vector<std::uint64_t> positions;
  for (const core::Run& run : runs)
    for (std::uint64_t i = 0; i < run.count; ++i) positions.push_back(run.At(i));
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  return positions;
}

TEST_CASE("artifact wire: an element of 1000 bytes takes 1009") {
  // 1 + L + (1 + L′ + b) + (1 + varint): L of 1006, and a number below 2^14.
  CHECK(picsou::ArtifactElementBytes(1000, 10'000) == 1 + 2 + (1 + 2 + 1000) + (1 + 2));
  CHECK(picsou::ArtifactElementBytes(1000, 10'000) == 1009);
  // 8 B over 100, 12 B over a megabyte, at numbers of about a million.
  CHECK(picsou::ArtifactElementBytes(100, 1'000'000) == 108);
  CHECK(picsou::ArtifactElementBytes(1'000'000, 1'000'000) == 1'000'012);
}

TEST_CASE("artifact wire: a batch adds its MAC, its acknowledgement and its bitmap") {
  CHECK(ArtifactBytes({}, WireAck(0)) == kMac + 2);
  CHECK(ArtifactBytes({}, WireAck(1)) == kMac + 3 + 1);
  CHECK(ArtifactBytes({}, WireAck(128)) == kMac + 3 + 1);  // of 127, the last that it has
  CHECK(ArtifactBytes({}, WireAck(129)) == kMac + 3 + 2);
  // Bit 0 alone, bit 63 alone, and a word that is full.
  CHECK(ArtifactBytes({}, WireAck(1, {{2, 1, 1}})) == kMac + 4 + 2 + 1);
  CHECK(ArtifactBytes({}, WireAck(1, {{2 + 63, 1, 1}})) == kMac + 4 + 2 + 10);
  CHECK(ArtifactBytes({}, WireAck(1, {{2, 128, 1}})) == kMac + 4 + 2 + 10 + 10);
  // Two elements whose numbers are varints of one and of two bytes.
  CHECK(ArtifactBytes({WireRecords({127, 2, 1}, 10)}, WireAck(0)) == kMac + 2 + 16 + 17);
}

TEST_CASE("artifact wire: what is sent is as long as that, to the byte") {
  core::Random random = core::Random(7).Fork("artifact wire");
  for (int round = 0; round < 3'000; ++round) {
    picsou::Batch batch;
    batch.data_stream = core::StreamId(0);
    batch.ack_stream = core::StreamId(1);
    const std::uint64_t cumulative = random.Below(std::uint64_t{1} << random.Below(40));
    std::vector<core::Run> phi;
    for (std::uint64_t i = random.Below(4); i > 0; --i) {
      const std::uint64_t stride = 1 + random.Below(5);
      phi.push_back({cumulative + 1 + random.Below(50), 1 + random.Below(40), stride});
    }
    // No position twice, as honest lists are.
    std::vector<core::Run> apart;
    for (const std::uint64_t position : PositionsIn(phi)) apart.push_back({position, 1, 1});
    batch.ack = picsou::ArtifactReport(picsou::LimitPhi(WireAck(cumulative, apart), kWirePhi));
    for (std::uint64_t i = random.Below(4); i > 0; --i) {
      const core::Run run{random.Below(std::uint64_t{1} << random.Below(30)), 1 + random.Below(200),
                          1 + random.Below(512)};
      batch.data.push_back(WireRecords(run, random.Below(2'000)));
    }
    REQUIRE(EncodedBytes(batch) == ArtifactBytes(batch.data, batch.ack));
    const core::Bytes passed_on =
        picsou::EncodeArtifact(picsou::Broadcast{core::StreamId(0), batch.data, cumulative},
                               picsou::ArtifactBitmapBytes(batch.ack));
    REQUIRE(passed_on.size() == ArtifactBytes(batch.data, batch.ack));
  }
}

TEST_CASE("artifact wire: what is read is what was written") {
  core::Random random = core::Random(8).Fork("artifact wire");
  for (int round = 0; round < 1'000; ++round) {
    picsou::Batch batch;
    batch.data_stream = core::StreamId(3);
    batch.ack_stream = core::StreamId(4);
    std::vector<core::Run> phi;
    for (std::uint64_t i = random.Below(5); i > 0; --i)
      phi.push_back({100 + random.Below(100), 1 + random.Below(9), 1 + random.Below(9)});
    batch.ack = picsou::ArtifactReport(picsou::LimitPhi(WireAck(99, phi), kWirePhi));
    for (std::uint64_t i = random.Below(4); i > 0; --i)
      batch.data.push_back(WireRecords({random.Below(1000), 2 + random.Below(9), 16}, 10));
    const picsou::Codec codec = ArtifactCodec();
    const core::Bytes payload = codec.Encode(batch, Keys(kWireSender), kWireReceiver);
    const picsou::Codec::Decoded decoded = codec.Decode(payload);
    REQUIRE(decoded.batch);
    REQUIRE(decoded.batch->data == batch.data);
    REQUIRE(decoded.batch->data_stream == batch.data_stream);
    REQUIRE(decoded.batch->ack_stream == batch.ack_stream);
    REQUIRE(decoded.batch->ack.cumulative == 99);
    REQUIRE(decoded.batch->ack.phi_end == batch.ack.phi_end);
    REQUIRE(PositionsIn(decoded.batch->ack.phi) == PositionsIn(batch.ack.phi));
    REQUIRE(Keys(kWireReceiver).VerifyMac(kWireSender, decoded.signed_digest, decoded.mac));
    // The other rule reads nothing of it.
    REQUIRE_FALSE(picsou::Codec({}, kWirePhi).Decode(payload).batch);
  }
}

TEST_CASE("artifact wire: hostile bytes are refused, or are a batch within bounds") {
  core::Random random = core::Random(9).Fork("artifact wire");
  const picsou::Codec codec = ArtifactCodec();
  std::uint64_t read = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random.Below(80), '\0');
    for (char& byte : text) byte = static_cast<char>(random.Below(256));
    if (!text.empty()) text[0] = static_cast<char>(random.Below(0x20));
    const picsou::Codec::Decoded decoded = codec.Decode(core::Bytes::Copy(text));
    if (!decoded.batch) continue;
    ++read;
    const picsou::Ack& ack = decoded.batch->ack;
    if (ack.phi_end > 0) REQUIRE(ack.phi_end - ack.cumulative - 1 <= kWirePhi);
    REQUIRE(core::BytesOf(decoded.batch->data) <= text.size());
  }
  CHECK(read > 0);
}

TEST_CASE("artifact wire: a bitmap ends before the first word of zeros") {
  // Bits 3 and 200: words 1 and 2 are zeros, so word 3 is not sent.
  const picsou::Ack cut = picsou::ArtifactReport(WireAck(10, {{14, 1, 1}, {211, 1, 1}}));
  CHECK(PositionsIn(cut.phi) == std::vector<std::uint64_t>{14});
  CHECK(cut.phi_end == 15);
  // A first word of zeros leaves nothing.
  CHECK(picsou::ArtifactReport(WireAck(10, {{100, 1, 1}})) == WireAck(10));
  // Words 0 and 1 have bits: both stay.
  const picsou::Ack whole = WireAck(10, {{11, 30, 4}});
  CHECK(picsou::ArtifactReport(whole) == whole);
}

}  // namespace
}  // namespace lockstep::tests
