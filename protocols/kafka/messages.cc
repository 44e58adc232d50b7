// The codec of Kafka's channel: see messages.h.

#include "protocols/kafka/messages.h"

#include <array>
#include <utility>

#include "protocols/core/wire.h"

namespace lockstep::kafka {
namespace {

enum DataField : std::uint32_t { kData, kStream, kRecords, kSeq, kContent, kId };
constexpr std::array<core::FieldSpec, 6> kDataFields = {{
    {"data", core::Role::kGroup},
    {"stream", core::Role::kStream, kData},
    {"records", core::Role::kGroup, kData, core::Fact::kCarries},
    {"seq", core::Role::kSeq, kRecords},
    {"content", core::Role::kContent, kRecords},
    {"id", core::Role::kOther},
}};
enum ProducedField : std::uint32_t { kOfStream, kAcked, kEnd, kRefused };
constexpr std::array<core::FieldSpec, 4> kProducedFields = {{
    {"stream", core::Role::kStream},
    {"acked", core::Role::kOther},
    {"end", core::Role::kOther},
    {"refused", core::Role::kOther},
}};
enum FetchField : std::uint32_t {
  kFromStream,
  kFetchId,
  kMinBytes,
  kWait,
  kMaxBytes,
  kPartitionBytes,
  kOffset
};
constexpr std::array<core::FieldSpec, 7> kFetchFields = {{
    {"stream", core::Role::kStream},
    {"id", core::Role::kOther},
    {"min_bytes", core::Role::kOther},
    {"wait_ps", core::Role::kOther},
    {"max_bytes", core::Role::kOther},
    {"partition_bytes", core::Role::kOther},
    {"offset", core::Role::kOther},
}};
constexpr std::array<core::TypeSpec, 4> kTypes = {{
    {"kafka.produce", std::span(kDataFields).first(5)},
    {"kafka.produced", kProducedFields},
    {"kafka.fetch", kFetchFields},
    {"kafka.fetched", kDataFields},
}};

// Leaves room for sums of offsets, and for k′ made of them.
constexpr int kFreeBits = 48;
// The same of instants: 26 days.
constexpr int kWaitBits = 61;
// More partitions than any cluster has replicas.
constexpr std::uint32_t kOffsetsMost = 1U << 16;

std::uint64_t GetOffset(core::Decoder& decoder) {
  const std::uint64_t offset = decoder.U64();
  if (offset >> kFreeBits != 0) decoder.Fail();
  return offset;
}

void PutKind(core::Encoder& encoder, Kind kind, core::StreamId stream) {
  encoder.U8(static_cast<std::uint8_t>(kind));
  encoder.U32(stream.value());
}

core::Bytes WithData(core::Encoder& encoder, const std::vector<core::Records>& data,
                     const WireSizes& sizes) {
  core::PutHeaders(encoder, data);
  core::PutContents(encoder, data);
  encoder.PadTo(data.size() * sizes.batch_bytes + core::BytesOf(data) +
                core::CountOf(data) * sizes.record_bytes);
  return encoder.Take();
}

Fetch GetFetch(core::Decoder& decoder) {
  Fetch fetch;
  fetch.id = decoder.U64();
  fetch.limits.min_bytes = GetOffset(decoder);
  const std::uint64_t wait_ps = decoder.U64();
  if (wait_ps >> kWaitBits != 0) decoder.Fail();
  fetch.limits.wait = core::Duration::Picoseconds(static_cast<std::int64_t>(wait_ps));
  fetch.limits.bytes = GetOffset(decoder);
  fetch.limits.partition_bytes = GetOffset(decoder);
  const std::uint32_t count = decoder.U32();
  if (count > kOffsetsMost) decoder.Fail();
  for (std::uint32_t i = 0; i < count && decoder.ok(); ++i)
    fetch.offsets.push_back(GetOffset(decoder));
  return fetch;
}

}  // namespace

core::Bytes EncodeProduce(core::StreamId stream, const std::vector<core::Records>& data,
                          const WireSizes& sizes) {
  core::Encoder encoder;
  PutKind(encoder, Kind::kProduce, stream);
  return WithData(encoder, data, sizes);
}

core::Bytes EncodeProduced(core::StreamId stream, const Produced& produced) {
  core::Encoder encoder;
  PutKind(encoder, Kind::kProduced, stream);
  encoder.U64(produced.acked);
  encoder.U64(produced.end);
  encoder.U8(produced.is_refused ? 1 : 0);
  return encoder.Take();
}

core::Bytes EncodeFetch(core::StreamId stream, const Fetch& fetch) {
  core::Encoder encoder;
  PutKind(encoder, Kind::kFetch, stream);
  encoder.U64(fetch.id);
  encoder.U64(fetch.limits.min_bytes);
  encoder.U64(static_cast<std::uint64_t>(fetch.limits.wait.ps()));
  encoder.U64(fetch.limits.bytes);
  encoder.U64(fetch.limits.partition_bytes);
  encoder.U32(static_cast<std::uint32_t>(fetch.offsets.size()));
  for (const std::uint64_t offset : fetch.offsets) encoder.U64(offset);
  return encoder.Take();
}

core::Bytes EncodeFetched(core::StreamId stream, std::uint64_t id,
                          const std::vector<core::Records>& data, const WireSizes& sizes) {
  core::Encoder encoder;
  PutKind(encoder, Kind::kFetched, stream);
  encoder.U64(id);
  return WithData(encoder, data, sizes);
}

std::uint64_t BytesMost(const core::Records& records, const WireSizes& sizes) {
  constexpr std::uint64_t kRunHeader = 32;  // run and size
  return kRunHeader + sizes.batch_bytes + records.run.count * (records.size + sizes.record_bytes);
}

std::optional<Message> Decode(const core::Bytes& payload) {
  core::Decoder decoder(payload);
  const std::uint8_t kind = decoder.U8();
  if (kind >= kTypes.size()) return std::nullopt;
  Message message;
  message.kind = static_cast<Kind>(kind);
  message.stream = core::StreamId(decoder.U32());
  switch (message.kind) {
    case Kind::kFetched:
      message.id = decoder.U64();
      [[fallthrough]];
    case Kind::kProduce:
      message.data = core::GetHeaders(decoder);
      core::GetContents(decoder, message.data);
      break;
    case Kind::kProduced: {
      message.produced.acked = GetOffset(decoder);
      message.produced.end = GetOffset(decoder);
      const std::uint8_t refused = decoder.U8();
      if (refused > 1) decoder.Fail();
      message.produced.is_refused = refused == 1;
      break;
    }
    case Kind::kFetch:
      message.fetch = GetFetch(decoder);
      break;
  }
  if (!decoder.ok()) return std::nullopt;
  return message;
}

std::optional<Place> PlaceOf(const core::Records& records, const Topic& topic) {
  const core::Run& run = records.run;
  const std::uint64_t stride = topic.partitions();
  if (run.count == 0 || (run.count > 1 && run.stride != stride)) return std::nullopt;
  if (run.first / stride >> kFreeBits != 0) return std::nullopt;
  return Place{static_cast<std::uint32_t>(run.first % stride), run.first / stride};
}

core::Records From(const core::Records& records, const Topic& topic, std::uint64_t offset) {
  const std::uint64_t skip = offset - records.run.first / topic.partitions();
  if (skip == 0) return records;
  return {records.run.Part(skip, records.run.count - skip), records.size,
          records.contents.Slice(skip * records.size, (records.run.count - skip) * records.size)};
}

std::span<const core::TypeSpec> Fields::types() const { return kTypes; }

bool Fields::Read(const core::Bytes& payload, core::FieldedMessage& out) const {
  const std::optional<Message> message = Decode(payload);
  if (!message) return false;
  out.type = static_cast<std::uint32_t>(message->kind);
  out.fields.clear();
  const auto add = [&](std::uint32_t spec, std::uint64_t value, std::uint32_t index = 0) {
    out.fields.push_back(core::Field::Number(spec, value, index));
  };
  if (message->kind == Kind::kProduced) {
    add(kOfStream, message->stream.value());
    add(kAcked, message->produced.acked);
    add(kEnd, message->produced.end);
    add(kRefused, message->produced.is_refused ? 1 : 0);
  } else if (message->kind == Kind::kFetch) {
    const Fetch& fetch = message->fetch;
    add(kFromStream, message->stream.value());
    add(kFetchId, fetch.id);
    add(kMinBytes, fetch.limits.min_bytes);
    add(kWait, static_cast<std::uint64_t>(fetch.limits.wait.ps()));
    add(kMaxBytes, fetch.limits.bytes);
    add(kPartitionBytes, fetch.limits.partition_bytes);
    for (std::uint32_t i = 0; i < fetch.offsets.size(); ++i) add(kOffset, fetch.offsets[i], i);
  } else {
    out.fields.push_back(core::Field::Group(kData));
    add(kStream, message->stream.value());
    core::ReadRecords(message->data, kRecords, kSeq, kContent, out.fields);
    if (message->kind == Kind::kFetched) add(kId, message->id);
  }
  return true;
}

core::Bytes Fields::Build(const core::FieldedMessage& message, const core::Signer&,
                          core::Identity) const {
  const auto number = [&](std::uint32_t spec) {
    std::uint64_t value = 0;
    for (const core::Field& field : message.fields)
      if (field.spec == spec) value = field.values.first;
    return value;
  };
  const auto stream = [&](std::uint32_t spec) {
    return core::StreamId(static_cast<std::uint32_t>(number(spec)));
  };
  switch (static_cast<Kind>(message.type)) {
    case Kind::kProduced:
      return EncodeProduced(stream(kOfStream),
                            {number(kAcked), number(kEnd), number(kRefused) != 0});
    case Kind::kFetch: {
      const auto wait_ps = static_cast<std::int64_t>(number(kWait));
      Fetch fetch{number(kFetchId),
                  {number(kMinBytes), core::Duration::Picoseconds(wait_ps), number(kMaxBytes),
                   number(kPartitionBytes)},
                  {}};
      for (const core::Field& field : message.fields)
        if (field.spec == kOffset) fetch.offsets.push_back(field.values.first);
      return EncodeFetch(stream(kFromStream), fetch);
    }
    case Kind::kProduce:
      return EncodeProduce(stream(kStream), core::BuildRecords(message.fields, kSeq, kContent),
                           sizes_);
    case Kind::kFetched:
      break;
  }
  return EncodeFetched(stream(kStream), number(kId),
                       core::BuildRecords(message.fields, kSeq, kContent), sizes_);
}

}  // namespace lockstep::kafka
