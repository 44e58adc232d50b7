// The codec of Picsou: see messages.h.

#include "protocols/picsou/messages.h"

#include <algorithm>
#include <array>

#include "protocols/core/check.h"
#include "protocols/core/hash.h"
#include "protocols/core/wire.h"

namespace lockstep::picsou {
namespace {

constexpr std::uint8_t kBatchType = 0;
constexpr std::uint8_t kBroadcastType = 1;
// An honest φ-list has a few runs for each pair of replicas; more is an attack on memory.
constexpr std::uint32_t kPhiRunsMax = 1U << 20;
// Bytes of our own encoding of a batch beside contents, φ runs and record headers.
constexpr std::uint64_t kFixedBytes = 64;
constexpr std::uint64_t kRunBytes = 32;

// Of a batch; a broadcast has those up to kAck.
enum BatchField : std::uint32_t {
  kData,
  kDataStream,
  kRecords,
  kSeq,
  kContent,
  kAck,
  kAckStream,
  kAckCumulative,
  kAckPhi,
  kAckPhiEnd,
};
constexpr std::array<core::FieldSpec, 10> kBatchFields = {{
    {"data", core::Role::kGroup},
    {"stream", core::Role::kStream, kData},
    {"records", core::Role::kGroup, kData, core::Fact::kCarries},
    {"seq", core::Role::kSeq, kRecords},
    {"content", core::Role::kContent, kRecords},
    {"ack", core::Role::kGroup, core::FieldSpec::kMessage, core::Fact::kStates},
    {"stream", core::Role::kStream, kAck},
    {"cumulative", core::Role::kAck, kAck},
    {"phi", core::Role::kPhi, kAck},
    {"phi_end", core::Role::kPhiEnd, kAck},
}};
constexpr std::array<core::TypeSpec, 2> kTypes = {{
    {"picsou.batch", kBatchFields},
    {"picsou.broadcast", std::span(kBatchFields).first(kAck)},
}};

// Bytes of the bitmap on the wire: words up to the one with the last set bit.
std::uint64_t PhiBytes(const Ack& ack, const WireSizes& sizes) {
  if (ack.phi_end <= ack.cumulative + 1) return 0;
  const std::uint64_t bits = ack.phi_end - ack.cumulative - 1;
  return (bits + 63) / 64 * sizes.phi_word_bytes;
}

// A MAC covers all that is said: contents by digest, numbers by value, and not the padding.
std::uint64_t DigestOf(const Batch& batch) {
  std::uint64_t digest = core::Mix(batch.data_stream.value(), batch.ack_stream.value());
  for (const core::Records& records : batch.data) {
    const std::array<std::uint64_t, 5> words = {records.run.first, records.run.count,
                                                records.run.stride, records.size,
                                                records.contents.Digest()};
    digest = core::Mix(digest, core::HashWords(words));
  }
  digest = core::Mix(digest, core::Mix(batch.ack.cumulative, batch.ack.phi_end));
  for (const core::Run& run : batch.ack.phi) {
    const std::array<std::uint64_t, 3> words = {run.first, run.count, run.stride};
    digest = core::Mix(digest, core::HashWords(words));
  }
  return digest;
}

Ack GetAck(core::Decoder& decoder, std::uint64_t phi_limit) {
  Ack ack;
  ack.cumulative = decoder.U64();
  ack.phi_end = decoder.U64();
  const std::uint32_t runs = decoder.U32();
  if (runs > kPhiRunsMax) decoder.Fail();
  // Leaves room for sums of positions.
  if (ack.cumulative >> 62 != 0) decoder.Fail();
  const bool is_judged = ack.phi_end > 0;
  if (is_judged &&
      (ack.phi_end <= ack.cumulative || ack.phi_end - ack.cumulative - 1 > phi_limit)) {
    decoder.Fail();
  }
  // A hostile header gets no more memory than its message is long.
  ack.phi.reserve(std::min<std::uint64_t>(runs, decoder.remaining() / kRunBytes));
  std::uint64_t last_end = 0;
  for (std::uint32_t i = 0; i < runs && decoder.ok(); ++i) {
    const core::Run run = decoder.GetRun();
    const bool is_inside =
        decoder.ok() && run.count > 0 && run.first > ack.cumulative && run.Last() < ack.phi_end;
    if (!is_inside) decoder.Fail();
    if (is_inside) last_end = std::max(last_end, run.Last() + 1);
    ack.phi.push_back(run);
  }
  // Nothing is judged beyond the last set bit.
  if (ack.phi_end != last_end) decoder.Fail();
  return ack;
}

}  // namespace

Ack LimitPhi(const Ack& ack, std::uint64_t phi) {
  Ack limited;
  limited.cumulative = ack.cumulative;
  const std::uint64_t begin = ack.cumulative + 1;
  const std::uint64_t end = begin + phi;
  for (core::Run run : ack.phi) {
    if (run.count > 0 && run.first < begin) {
      const std::uint64_t drop =
          std::min(run.count, (begin - run.first + run.stride - 1) / run.stride);
      run = run.Part(drop, run.count - drop);
    }
    if (run.count == 0 || run.first >= end) continue;
    run.count = std::min(run.count, (end - run.first + run.stride - 1) / run.stride);
    limited.phi.push_back(run);
    limited.phi_end = std::max(limited.phi_end, run.Last() + 1);
  }
  return limited;
}

std::uint64_t Codec::OverheadMax(std::uint64_t data_runs, std::uint64_t phi_runs) const {
  const std::uint64_t charged = sizes_.batch_bytes + (phi_ + 63) / 64 * sizes_.phi_word_bytes;
  return std::max(charged, kFixedBytes + (data_runs + phi_runs) * kRunBytes);
}

core::Bytes Codec::Encode(const Batch& batch, const core::Signer& signer,
                          core::Identity receiver) const {
  core::Encoder encoder;
  encoder.U8(kBatchType);
  encoder.U32(batch.data_stream.value());
  encoder.U32(batch.ack_stream.value());
  encoder.PutTag(signer.Mac(receiver, DigestOf(batch)));
  encoder.U64(batch.ack.cumulative);
  encoder.U64(batch.ack.phi_end);
  encoder.U32(static_cast<std::uint32_t>(batch.ack.phi.size()));
  for (const core::Run& run : batch.ack.phi) encoder.PutRun(run);
  core::PutHeaders(encoder, batch.data);
  core::PutContents(encoder, batch.data);
  encoder.PadTo(sizes_.batch_bytes + PhiBytes(batch.ack, sizes_) + core::BytesOf(batch.data) +
                core::CountOf(batch.data) * sizes_.record_bytes);
  return encoder.Take();
}

core::Bytes Codec::Encode(const Broadcast& broadcast) const {
  core::Encoder encoder;
  encoder.U8(kBroadcastType);
  encoder.U32(broadcast.stream.value());
  core::PutHeaders(encoder, broadcast.data);
  core::PutContents(encoder, broadcast.data);
  encoder.PadTo(sizes_.batch_bytes + core::BytesOf(broadcast.data) +
                core::CountOf(broadcast.data) * sizes_.record_bytes);
  return encoder.Take();
}

Codec::Decoded Codec::Decode(const core::Bytes& payload) const {
  Decoded decoded = Parse(payload);
  if (decoded.batch) decoded.signed_digest = DigestOf(*decoded.batch);
  return decoded;
}

Codec::Decoded Codec::Parse(const core::Bytes& payload) const {
  Decoded decoded;
  core::Decoder decoder(payload);
  const std::uint8_t type = decoder.U8();
  if (type == kBatchType) {
    Batch batch;
    batch.data_stream = core::StreamId(decoder.U32());
    batch.ack_stream = core::StreamId(decoder.U32());
    decoded.mac = decoder.GetTag();
    batch.ack = GetAck(decoder, phi_);
    batch.data = core::GetHeaders(decoder);
    core::GetContents(decoder, batch.data);
    if (!decoder.ok()) return decoded;
    decoded.batch = std::move(batch);
  } else if (type == kBroadcastType) {
    Broadcast broadcast;
    broadcast.stream = core::StreamId(decoder.U32());
    broadcast.data = core::GetHeaders(decoder);
    core::GetContents(decoder, broadcast.data);
    if (decoder.ok()) decoded.broadcast = std::move(broadcast);
  }
  return decoded;
}

std::span<const core::TypeSpec> Fields::types() const { return kTypes; }

bool Fields::Read(const core::Bytes& payload, core::FieldedMessage& out) const {
  const Codec::Decoded decoded = codec_.Parse(payload);
  if (!decoded.batch && !decoded.broadcast) return false;
  out.type = decoded.batch ? kBatchType : kBroadcastType;
  out.fields.clear();
  const core::StreamId stream =
      decoded.batch ? decoded.batch->data_stream : decoded.broadcast->stream;
  out.fields.push_back(core::Field::Group(kData));
  out.fields.push_back(core::Field::Number(kDataStream, stream.value()));
  core::ReadRecords(decoded.batch ? decoded.batch->data : decoded.broadcast->data, kRecords, kSeq,
                    kContent, out.fields);
  if (!decoded.batch) return true;
  const Ack& ack = decoded.batch->ack;
  out.fields.push_back(core::Field::Group(kAck));
  out.fields.push_back(core::Field::Number(kAckStream, decoded.batch->ack_stream.value()));
  out.fields.push_back(core::Field::Number(kAckCumulative, ack.cumulative));
  for (std::uint32_t i = 0; i < ack.phi.size(); ++i) {
    out.fields.push_back(core::Field{kAckPhi, i, ack.phi[i]});
  }
  out.fields.push_back(core::Field::Number(kAckPhiEnd, ack.phi_end));
  return true;
}

core::Bytes Fields::Build(const core::FieldedMessage& message, const core::Signer& signer,
                          core::Identity receiver) const {
  Batch batch;
  batch.data = core::BuildRecords(message.fields, kSeq, kContent);
  for (const core::Field& field : message.fields) {
    const auto low = static_cast<std::uint32_t>(field.values.first);
    if (field.spec == kDataStream) batch.data_stream = core::StreamId(low);
    if (message.type == kBroadcastType) continue;
    if (field.spec == kAckStream) batch.ack_stream = core::StreamId(low);
    if (field.spec == kAckCumulative) batch.ack.cumulative = field.values.first;
    if (field.spec == kAckPhi) batch.ack.phi.push_back(field.values);
  }
  if (message.type == kBroadcastType) {
    return codec_.Encode(Broadcast{batch.data_stream, batch.data});
  }
  // φ bits count from the cumulative ACK on: what a changed ACK pushes out of reach is cut off.
  batch.ack = LimitPhi(batch.ack, codec_.phi());
  return codec_.Encode(batch, signer, receiver);
}

}  // namespace lockstep::picsou
