// Batches of messages: headers, contents, parts, fields.

#include "protocols/core/records.h"

#include <cstdint>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/fields.h"
#include "protocols/core/run.h"
#include "protocols/core/wire.h"
#include "tests/support/notary.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Bytes;
using core::Decoder;
using core::Records;
using core::Run;

// Content of message k is filler number k.
Records RecordsOf(const Run& run, std::uint64_t size) {
  return {run, size, Bytes::Filler({1, run.first, run.stride, run.count, size, 0})};
}

std::vector<Records> Sample() {
  return {RecordsOf({4, 5, 28}, 100), RecordsOf({9, 1, 1}, 33), RecordsOf({1, 2, 4}, 0)};
}

Bytes Encoded(const std::vector<Records>& batch) {
  core::Encoder encoder;
  core::PutHeaders(encoder, batch);
  core::PutContents(encoder, batch);
  return encoder.Take();
}

bool Decodes(const Bytes& bytes) {
  Decoder decoder(bytes);
  std::vector<Records> batch = core::GetHeaders(decoder);
  core::GetContents(decoder, batch);
  return decoder.ok();
}

// One header as a hostile peer may write it, and no content.
bool DecodesHeader(std::uint32_t runs, const Run& run, std::uint64_t size) {
  core::Encoder encoder;
  encoder.U32(runs);
  encoder.PutRun(run);
  encoder.U64(size);
  return Decodes(encoder.Take());
}

TEST_CASE("records: a batch is counted by messages and by bytes of content") {
  CHECK(core::CountOf(Sample()) == 5 + 1 + 2);
  CHECK(core::BytesOf(Sample()) == 5 * 100 + 1 * 33);
  CHECK(core::CountOf({}) == 0);
}

TEST_CASE("records: what is put is got, and nothing less") {
  const Bytes bytes = Encoded(Sample());
  Decoder decoder(bytes);
  std::vector<Records> batch = core::GetHeaders(decoder);
  core::GetContents(decoder, batch);
  CHECK(decoder.ok());
  CHECK(decoder.remaining() == 0);
  CHECK(batch == Sample());
  for (std::uint64_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(Decodes(bytes.Slice(0, size)));
  }
}

TEST_CASE("records: hostile headers are refused before they cost memory") {
  CHECK(DecodesHeader(1, {0, 1, 1}, 0));
  CHECK_FALSE(DecodesHeader(1, {0, 0, 1}, 0));
  CHECK_FALSE(DecodesHeader(1, {0, 1, 0}, 0));
  CHECK_FALSE(DecodesHeader(1, {0, 1, 1}, 1));
  CHECK_FALSE(DecodesHeader(2, {0, 1, 1}, 0));
  CHECK_FALSE(DecodesHeader(~0U, {0, 1, 1}, 0));
  // Count times size wraps around to 0.
  CHECK_FALSE(DecodesHeader(1, {0, 1U << 20, 1}, std::uint64_t{1} << 44));
  CHECK_FALSE(DecodesHeader(1, {0, (1U << 24) + 1, 1}, 0));
}

TEST_CASE("records: a part has the contents of its numbers") {
  const Records all = RecordsOf({4, 5, 28}, 100);
  CHECK(core::Pick(all, all.run) == all);
  for (std::uint64_t i = 0; i < 5; ++i) {
    for (std::uint64_t n = 1; i + n <= 5; ++n) {
      CHECK(core::Pick(all, all.run.Part(i, n)) == RecordsOf(all.run.Part(i, n), 100));
    }
  }
  CHECK(core::Pick(all, {4 + 28, 2, 2 * 28}) == RecordsOf({4 + 28, 2, 2 * 28}, 100));
}

TEST_CASE("records: fields are read and built back") {
  std::vector<core::Field> fields;
  core::ReadRecords(Sample(), 5, 6, 7, fields);
  CHECK(fields.size() == 3 * Sample().size());
  CHECK(core::BuildRecords(fields, 6, 7) == Sample());
  CHECK(core::BuildRecords({}, 6, 7).empty());
  // A content of a length that the run does not divide has no size each.
  fields[2].content = Bytes::Copy("123456789");
  CHECK(core::BuildRecords(fields, 6, 7)[0].size == 0);
}

// The sample, of which the first and the last have certificates of a cluster of one.
std::vector<Records> Certified(const core::StreamProofs& proofs) {
  std::vector<Records> batch = Sample();
  for (Records* records : {&batch[0], &batch[2]})
    records->certificate = proofs.Certify(records->run, records->size, records->contents);
  return batch;
}
const core::Cluster kOfOne{"a", core::NodeId(0), 1, 0, 0};

TEST_CASE("records: certificates are in the headers where both ends have them, and else nothing is") {
  const NotaryOf notary(core::NodeId(0));
  const core::StreamProofs proofs(notary.certificates(), kOfOne, core::StreamId(0));
  const std::vector<Records> batch = Certified(proofs);
  core::Encoder encoder;
  core::PutHeaders(encoder, batch, /*has_certificates=*/true);
  core::PutContents(encoder, batch);
  const Bytes encoded = encoder.Take();
  Decoder decoder(encoded);
  std::vector<Records> decoded = core::GetHeaders(decoder, /*has_certificates=*/true);
  core::GetContents(decoder, decoded);
  REQUIRE(decoder.ok());
  CHECK(decoder.remaining() == 0);
  CHECK(decoded == batch);
  CHECK(Encoded(batch) == Encoded(Sample()));
  for (std::uint64_t size = 0; size < encoded.size(); ++size) {
    const Bytes cut = encoded.Slice(0, size);
    Decoder of_cut(cut);
    std::vector<Records> short_batch = core::GetHeaders(of_cut, /*has_certificates=*/true);
    core::GetContents(of_cut, short_batch);
    CHECK_FALSE(of_cut.ok());
  }
}

TEST_CASE("records: certificates go to fields and back") {
  const NotaryOf notary(core::NodeId(0));
  const core::StreamProofs proofs(notary.certificates(), kOfOne, core::StreamId(0));
  const std::vector<Records> batch = Certified(proofs);
  std::vector<core::Field> fields;
  core::ReadRecords(batch, 5, 6, 7, fields, core::CertificateSpecs{8});
  CHECK(core::BuildRecords(fields, 6, 7, core::CertificateSpecs{8}) == batch);
  CHECK(core::BuildRecords(fields, 6, 7) == Sample());
  fields.clear();
  core::ReadRecords(batch, 5, 6, 7, fields);
  CHECK(core::BuildRecords(fields, 6, 7, core::CertificateSpecs{8}) == Sample());
}

TEST_CASE("records: a part is proven as the whole is, and only where somebody can see to it") {
  const NotaryOf notary(core::NodeId(0));
  const core::StreamProofs proofs(notary.certificates(), kOfOne, core::StreamId(0));
  const Records whole = Certified(proofs)[0];
  CHECK(core::AreProven({whole}, proofs));
  CHECK_FALSE(core::AreProven({whole, Sample()[1]}, proofs));
  for (const Run& part : {whole.run.Part(1, 3), Run{4, 2, 2 * 28}}) {
    CHECK(core::AreProven({core::Pick(whole, part, &proofs)}, proofs));
    CHECK_FALSE(core::Pick(whole, part).certificate.has_value());
    CHECK(core::Pick(whole, part).contents == core::Pick(whole, part, &proofs).contents);
  }
}

}  // namespace
}  // namespace lockstep::tests
