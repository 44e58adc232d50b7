// The codec of the plain baselines: see messages.h.

#include "protocols/c3b/messages.h"

#include <array>

#include "protocols/core/wire.h"

namespace lockstep::c3b {
namespace {

enum BatchField : std::uint32_t { kData, kStream, kRecords, kSeq, kContent };
constexpr std::array<core::FieldSpec, 5> kBatchFields = {{
    {"data", core::Role::kGroup},
    {"stream", core::Role::kStream, kData},
    {"records", core::Role::kGroup, kData, core::Fact::kCarries},
    {"seq", core::Role::kSeq, kRecords},
    {"content", core::Role::kContent, kRecords},
}};
constexpr std::array<core::TypeSpec, 1> kTypes = {{{"c3b.batch", kBatchFields}}};

}  // namespace

core::Bytes Encode(const Batch& batch, const WireSizes& sizes) {
  core::Encoder encoder;
  encoder.U8(0);
  encoder.U32(batch.stream.value());
  core::PutHeaders(encoder, batch.data);
  core::PutContents(encoder, batch.data);
  encoder.PadTo(sizes.batch_bytes + core::BytesOf(batch.data) +
                core::CountOf(batch.data) * sizes.record_bytes);
  return encoder.Take();
}

std::optional<Batch> Decode(const core::Bytes& payload) {
  core::Decoder decoder(payload);
  if (decoder.U8() != 0) return std::nullopt;
  Batch batch;
  batch.stream = core::StreamId(decoder.U32());
  batch.data = core::GetHeaders(decoder);
  core::GetContents(decoder, batch.data);
  if (!decoder.ok()) return std::nullopt;
  return batch;
}

std::span<const core::TypeSpec> Fields::types() const { return kTypes; }

bool Fields::Read(const core::Bytes& payload, core::FieldedMessage& out) const {
  const std::optional<Batch> batch = Decode(payload);
  if (!batch) return false;
  out.type = 0;
  out.fields.clear();
  out.fields.push_back(core::Field::Group(kData));
  out.fields.push_back(core::Field::Number(kStream, batch->stream.value()));
  core::ReadRecords(batch->data, kRecords, kSeq, kContent, out.fields);
  return true;
}

core::Bytes Fields::Build(const core::FieldedMessage& message, const core::Signer&,
                          core::Identity) const {
  Batch batch;
  for (const core::Field& field : message.fields) {
    if (field.spec != kStream) continue;
    batch.stream = core::StreamId(static_cast<std::uint32_t>(field.values.first));
  }
  batch.data = core::BuildRecords(message.fields, kSeq, kContent);
  return Encode(batch, sizes_);
}

}  // namespace lockstep::c3b
