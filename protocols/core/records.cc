// Batches of stream messages: see records.h.

#include "protocols/core/records.h"

#include <algorithm>

#include "protocols/core/check.h"

namespace lockstep::core {
namespace {

// More runs than any honest batch has; keeps a hostile header from asking for memory.
constexpr std::uint32_t kRunsMax = 1U << 16;
constexpr std::uint64_t kCountMax = 1U << 24;

void PutCertificate(Encoder& encoder, const std::optional<Certificate>& certificate) {
  // One that nobody has signed is none.
  encoder.U32(certificate ? static_cast<std::uint32_t>(certificate->signers.size()) : 0);
  if (!certificate || certificate->signers.empty()) return;
  for (const Run& run : certificate->signers) encoder.PutRun(run);
  encoder.U64(certificate->epoch);
  encoder.PutTag(certificate->tag);
}

std::optional<Certificate> GetCertificate(Decoder& decoder) {
  const std::uint32_t runs = decoder.U32();
  if (runs == 0 || !decoder.ok()) return std::nullopt;
  Certificate certificate;
  for (std::uint32_t i = 0; i < runs && decoder.ok(); ++i)
    certificate.signers.push_back(decoder.GetRun());
  certificate.epoch = decoder.U64();
  certificate.tag = decoder.GetTag();
  return certificate;
}

void ReadCertificate(const Certificate& certificate, const CertificateSpecs& specs,
                     std::vector<Field>& out) {
  out.push_back(Field::Group(specs.group));
  for (std::uint32_t i = 0; i < certificate.signers.size(); ++i)
    out.push_back(Field{specs.signer(), i, certificate.signers[i]});
  out.push_back(Field::Number(specs.epoch(), certificate.epoch));
  out.push_back(Field::Number(specs.signature(), certificate.tag.low, 0));
  out.push_back(Field::Number(specs.signature(), certificate.tag.high, 1));
}

void BuildCertificate(const Field& field, const CertificateSpecs& specs,
                      std::optional<Certificate>& certificate) {
  if (field.spec == specs.group) certificate.emplace();
  if (!certificate) return;
  if (field.spec == specs.signer()) certificate->signers.push_back(field.values);
  if (field.spec == specs.epoch()) certificate->epoch = field.values.first;
  if (field.spec == specs.signature())
    (field.index == 0 ? certificate->tag.low : certificate->tag.high) = field.values.first;
}

}  // namespace

std::uint64_t CountOf(const std::vector<Records>& batch) {
  std::uint64_t count = 0;
  for (const Records& records : batch) count += records.run.count;
  return count;
}

std::uint64_t BytesOf(const std::vector<Records>& batch) {
  std::uint64_t bytes = 0;
  for (const Records& records : batch) bytes += records.run.count * records.size;
  return bytes;
}

bool AreProven(const std::vector<Records>& batch, const StreamProofs& proofs) {
  return std::ranges::all_of(batch, [&](const Records& records) {
    return records.certificate &&
           proofs.IsProven(records.run, records.size, records.contents, *records.certificate);
  });
}

namespace {

Bytes PickContents(const Records& records, const Run& part) {
  if (part.stride == records.run.stride || part.count == 1) {
    // They lie side by side.
    const std::uint64_t at = (part.first - records.run.first) / records.run.stride;
    CHECK(at + part.count <= records.run.count);
    return records.contents.Slice(at * records.size, part.count * records.size);
  }
  BytesBuilder builder;
  for (std::uint64_t i = 0; i < part.count; ++i) {
    const std::uint64_t at = (part.At(i) - records.run.first) / records.run.stride;
    CHECK(at < records.run.count);
    builder.Append(records.contents.Slice(at * records.size, records.size));
  }
  return builder.Take();
}

}  // namespace

Records Pick(const Records& records, const Run& part, const StreamProofs* proofs) {
  if (part == records.run) return records;
  Records picked{part, records.size, PickContents(records, part)};
  if (proofs != nullptr && records.certificate) {
    picked.certificate = proofs->Part(records.run, records.size, records.contents,
                                      *records.certificate, part, picked.contents);
  }
  return picked;
}

void PutHeaders(Encoder& encoder, const std::vector<Records>& batch, bool has_certificates) {
  encoder.U32(static_cast<std::uint32_t>(batch.size()));
  for (const Records& records : batch) {
    encoder.PutRun(records.run);
    encoder.U64(records.size);
    if (has_certificates) PutCertificate(encoder, records.certificate);
  }
}

void PutContents(Encoder& encoder, const std::vector<Records>& batch) {
  for (const Records& records : batch) encoder.Content(records.contents);
}

std::vector<Records> GetHeaders(Decoder& decoder, bool has_certificates) {
  std::vector<Records> batch;
  const std::uint32_t runs = decoder.U32();
  if (runs > kRunsMax) decoder.Fail();
  for (std::uint32_t i = 0; i < runs && decoder.ok(); ++i) {
    Records records;
    records.run = decoder.GetRun();
    records.size = decoder.U64();
    if (records.run.count == 0 || records.run.count > kCountMax) decoder.Fail();
    if (has_certificates) records.certificate = GetCertificate(decoder);
    batch.push_back(records);
  }
  return batch;
}

void GetContents(Decoder& decoder, std::vector<Records>& batch) {
  for (Records& records : batch) {
    // Divide, since the product of two hostile numbers may wrap around.
    if (records.size > 0 && records.run.count > decoder.remaining() / records.size) decoder.Fail();
    if (!decoder.ok()) return;
    records.contents = decoder.Content(records.run.count * records.size);
  }
}

void ReadRecords(const std::vector<Records>& batch, std::uint32_t group_spec,
                 std::uint32_t seq_spec, std::uint32_t content_spec, std::vector<Field>& out,
                 std::optional<CertificateSpecs> certificates) {
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    out.push_back(Field::Group(group_spec, i));
    out.push_back(Field{seq_spec, 0, batch[i].run});
    out.push_back(Field{content_spec, 0, Run{}, batch[i].contents});
    if (certificates && batch[i].certificate)
      ReadCertificate(*batch[i].certificate, *certificates, out);
  }
}

std::vector<Records> BuildRecords(const std::vector<Field>& fields, std::uint32_t seq_spec,
                                  std::uint32_t content_spec,
                                  std::optional<CertificateSpecs> certificates) {
  std::vector<Records> batch;
  for (const Field& field : fields) {
    if (field.spec == seq_spec) batch.push_back(Records{field.values, 0, Bytes()});
    if (field.spec == content_spec && !batch.empty()) {
      Records& records = batch.back();
      records.contents = field.content;
      const std::uint64_t total = field.content.size();
      const bool fits = records.run.count > 0 && total % records.run.count == 0;
      records.size = fits ? total / records.run.count : 0;
    }
    if (certificates && !batch.empty())
      BuildCertificate(field, *certificates, batch.back().certificate);
  }
  return batch;
}

}  // namespace lockstep::core
