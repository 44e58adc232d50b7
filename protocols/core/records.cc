// Batches of stream messages: see records.h.

#include "protocols/core/records.h"

#include "protocols/core/check.h"

namespace lockstep::core {
namespace {

// More runs than any honest batch has; keeps a hostile header from asking for memory.
constexpr std::uint32_t kRunsMax = 1U << 16;
constexpr std::uint64_t kCountMax = 1U << 24;

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

Records Pick(const Records& records, const Run& part) {
  if (part == records.run) return records;
  if (part.stride == records.run.stride || part.count == 1) {
    // They lie side by side.
    const std::uint64_t at = (part.first - records.run.first) / records.run.stride;
    CHECK(at + part.count <= records.run.count);
    return Records{part, records.size,
                   records.contents.Slice(at * records.size, part.count * records.size)};
  }
  BytesBuilder builder;
  for (std::uint64_t i = 0; i < part.count; ++i) {
    const std::uint64_t at = (part.At(i) - records.run.first) / records.run.stride;
    CHECK(at < records.run.count);
    builder.Append(records.contents.Slice(at * records.size, records.size));
  }
  return Records{part, records.size, builder.Take()};
}

void PutHeaders(Encoder& encoder, const std::vector<Records>& batch) {
  encoder.U32(static_cast<std::uint32_t>(batch.size()));
  for (const Records& records : batch) {
    encoder.PutRun(records.run);
    encoder.U64(records.size);
  }
}

void PutContents(Encoder& encoder, const std::vector<Records>& batch) {
  for (const Records& records : batch) encoder.Content(records.contents);
}

std::vector<Records> GetHeaders(Decoder& decoder) {
  std::vector<Records> batch;
  const std::uint32_t runs = decoder.U32();
  if (runs > kRunsMax) decoder.Fail();
  for (std::uint32_t i = 0; i < runs && decoder.ok(); ++i) {
    Records records;
    records.run = decoder.GetRun();
    records.size = decoder.U64();
    if (records.run.count == 0 || records.run.count > kCountMax) decoder.Fail();
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
                 std::uint32_t seq_spec, std::uint32_t content_spec, std::vector<Field>& out) {
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    out.push_back(Field::Group(group_spec, i));
    out.push_back(Field{seq_spec, 0, batch[i].run});
    out.push_back(Field{content_spec, 0, Run{}, batch[i].contents});
  }
}

std::vector<Records> BuildRecords(const std::vector<Field>& fields, std::uint32_t seq_spec,
                                  std::uint32_t content_spec) {
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
  }
  return batch;
}

}  // namespace lockstep::core
