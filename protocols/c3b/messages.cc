// The codec of the baselines: see messages.h.

#include "protocols/c3b/messages.h"

#include <array>
#include <utility>

#include "protocols/core/hash.h"
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
// `ack.cumulative` has the name that it has in Picsou: what lies about the one lies about the
// other.
enum AskField : std::uint32_t { kAck, kAckStream, kAckCumulative, kAskView };
constexpr std::array<core::FieldSpec, 4> kAskFields = {{
    {"ack", core::Role::kGroup, core::FieldSpec::kMessage, core::Fact::kStates},
    {"stream", core::Role::kStream, kAck},
    {"cumulative", core::Role::kAck, kAck},
    {"view", core::Role::kOther},
}};
enum CommittedField : std::uint32_t { kCommittedStream, kCommittedEnd };
constexpr std::array<core::FieldSpec, 2> kCommittedFields = {{
    {"stream", core::Role::kStream},
    {"end", core::Role::kOther},
}};
constexpr std::array<core::TypeSpec, 5> kTypes = {{
    {"c3b.batch", kBatchFields},
    {"c3b.broadcast", kBatchFields},
    {"c3b.help", kBatchFields},
    {"c3b.ask", kAskFields},
    {"c3b.committed", kCommittedFields},
}};

// Leaves room for sums of positions.
constexpr std::uint64_t kNumberBits = 62;

std::uint64_t DigestOf(Kind kind, core::StreamId stream, std::uint64_t first,
                       std::uint64_t second) {
  const std::array<std::uint64_t, 4> words = {static_cast<std::uint64_t>(kind), stream.value(),
                                              first, second};
  return core::HashWords(words);
}

std::uint64_t DigestOf(const Ask& ask) {
  return DigestOf(Kind::kAsk, ask.stream, ask.view, ask.held);
}

std::uint64_t DigestOf(const Committed& committed) {
  return DigestOf(Kind::kCommitted, committed.stream, committed.end, 0);
}

std::uint64_t GetNumber(core::Decoder& decoder) {
  const std::uint64_t number = decoder.U64();
  if (number >> kNumberBits != 0) decoder.Fail();
  return number;
}

}  // namespace

core::Bytes Encode(const Batch& batch, const WireSizes& sizes, Kind kind) {
  core::Encoder encoder;
  encoder.U8(static_cast<std::uint8_t>(kind));
  encoder.U32(batch.stream.value());
  core::PutHeaders(encoder, batch.data);
  core::PutContents(encoder, batch.data);
  encoder.PadTo(sizes.batch_bytes + core::BytesOf(batch.data) +
                core::CountOf(batch.data) * sizes.record_bytes);
  return encoder.Take();
}

core::Bytes Encode(const Ask& ask, const core::Signer& signer, core::Identity receiver) {
  core::Encoder encoder;
  encoder.U8(static_cast<std::uint8_t>(Kind::kAsk));
  encoder.U32(ask.stream.value());
  encoder.U64(ask.view);
  encoder.U64(ask.held);
  encoder.PutTag(signer.Mac(receiver, DigestOf(ask)));
  return encoder.Take();
}

core::Bytes Encode(const Committed& committed, const core::Signer& signer,
                   core::Identity receiver) {
  core::Encoder encoder;
  encoder.U8(static_cast<std::uint8_t>(Kind::kCommitted));
  encoder.U32(committed.stream.value());
  encoder.U64(committed.end);
  encoder.PutTag(signer.Mac(receiver, DigestOf(committed)));
  return encoder.Take();
}

std::optional<Message> DecodeAny(const core::Bytes& payload) {
  core::Decoder decoder(payload);
  const std::uint8_t kind = decoder.U8();
  if (kind >= kTypes.size()) return std::nullopt;
  Message message;
  message.kind = static_cast<Kind>(kind);
  const core::StreamId stream(decoder.U32());
  switch (message.kind) {
    case Kind::kBatch:
    case Kind::kBroadcast:
    case Kind::kHelp:
      message.batch.stream = stream;
      message.batch.data = core::GetHeaders(decoder);
      core::GetContents(decoder, message.batch.data);
      break;
    case Kind::kAsk:
      message.ask.stream = stream;
      message.ask.view = GetNumber(decoder);
      message.ask.held = GetNumber(decoder);
      message.mac = decoder.GetTag();
      message.signed_digest = DigestOf(message.ask);
      break;
    case Kind::kCommitted:
      message.committed.stream = stream;
      message.committed.end = GetNumber(decoder);
      message.mac = decoder.GetTag();
      message.signed_digest = DigestOf(message.committed);
      break;
  }
  if (!decoder.ok()) return std::nullopt;
  return message;
}

std::optional<Batch> Decode(const core::Bytes& payload) {
  std::optional<Message> message = DecodeAny(payload);
  if (!message || message->kind != Kind::kBatch) return std::nullopt;
  return std::move(message->batch);
}

std::span<const core::TypeSpec> Fields::types() const { return std::span(kTypes).first(kinds_); }

bool Fields::Read(const core::Bytes& payload, core::FieldedMessage& out) const {
  const std::optional<Message> message = DecodeAny(payload);
  if (!message || static_cast<std::size_t>(message->kind) >= kinds_) return false;
  out.type = static_cast<std::uint32_t>(message->kind);
  out.fields.clear();
  if (message->kind == Kind::kAsk) {
    out.fields.push_back(core::Field::Group(kAck));
    out.fields.push_back(core::Field::Number(kAckStream, message->ask.stream.value()));
    out.fields.push_back(core::Field::Number(kAckCumulative, message->ask.held));
    out.fields.push_back(core::Field::Number(kAskView, message->ask.view));
  } else if (message->kind == Kind::kCommitted) {
    out.fields.push_back(core::Field::Number(kCommittedStream, message->committed.stream.value()));
    out.fields.push_back(core::Field::Number(kCommittedEnd, message->committed.end));
  } else {
    out.fields.push_back(core::Field::Group(kData));
    out.fields.push_back(core::Field::Number(kStream, message->batch.stream.value()));
    core::ReadRecords(message->batch.data, kRecords, kSeq, kContent, out.fields);
  }
  return true;
}

core::Bytes Fields::Build(const core::FieldedMessage& message, const core::Signer& signer,
                          core::Identity receiver) const {
  const auto number = [&](std::uint32_t spec) {
    std::uint64_t value = 0;
    for (const core::Field& field : message.fields)
      if (field.spec == spec) value = field.values.first;
    return value;
  };
  const auto stream = [&](std::uint32_t spec) {
    return core::StreamId(static_cast<std::uint32_t>(number(spec)));
  };
  const auto kind = static_cast<Kind>(message.type);
  if (kind == Kind::kAsk)
    return Encode(Ask{stream(kAckStream), number(kAskView), number(kAckCumulative)}, signer,
                  receiver);
  if (kind == Kind::kCommitted)
    return Encode(Committed{stream(kCommittedStream), number(kCommittedEnd)}, signer, receiver);
  const Batch batch{stream(kStream), core::BuildRecords(message.fields, kSeq, kContent)};
  return Encode(batch, sizes_, kind);
}

}  // namespace lockstep::c3b
