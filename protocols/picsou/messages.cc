// The codec of Picsou: see messages.h.

#include "protocols/picsou/messages.h"

#include <algorithm>
#include <array>

#include "protocols/core/check.h"
#include "protocols/core/hash.h"
#include "protocols/core/wire.h"
#include "protocols/picsou/artifact_wire.h"

namespace lockstep::picsou {
namespace {

constexpr std::uint8_t kBatchType = 0;
constexpr std::uint8_t kBroadcastType = 1;
constexpr std::uint8_t kFetchType = 2;
constexpr std::uint8_t kSupplyType = 3;
// A batch that states a view other than 0, and is else the same type.
constexpr std::uint8_t kBatchOfViewType = 4;
// An honest φ-list has a few runs for each pair of replicas; more is an attack on memory.
constexpr std::uint32_t kPhiRunsMax = 1U << 20;
// Bytes of our own encoding of a batch beside contents, φ runs and record headers.
constexpr std::uint64_t kFixedBytes = 64;
constexpr std::uint64_t kRunBytes = 32;
// And of a certificate that a quorum in one run has signed.
constexpr std::uint64_t kCertificateBytes = 4 + 24 + 8 + 16;

// Of whatever carries records: what the sender states of their stream comes before them.
enum DataField : std::uint32_t {
  kData,
  kDataStream,
  kStated,
  kRecords,
  kSeq,
  kContent,
  kCertificate,
  kDataEnd = kCertificate + 4
};
constexpr core::CertificateSpecs kCertificateSpecs{kCertificate};
template <std::size_t N>
using FieldSpecs = std::array<core::FieldSpec, N>;
constexpr FieldSpecs<kDataEnd> DataFields(std::string_view stated, core::Role role) {
  return {{{"data", core::Role::kGroup},
           {"stream", core::Role::kStream, kData},
           {stated, role, kData},
           {"records", core::Role::kGroup, kData, core::Fact::kCarries},
           {"seq", core::Role::kSeq, kRecords},
           {"content", core::Role::kContent, kRecords},
           {"certificate", core::Role::kGroup, kRecords},
           {"signer", core::Role::kSigner, kCertificate},
           {"epoch", core::Role::kEpoch, kCertificate},
           {"signature", core::Role::kSignature, kCertificate}}};
}
template <std::size_t N, std::size_t M>
constexpr FieldSpecs<N + M> Joined(const FieldSpecs<N>& head, const FieldSpecs<M>& tail) {
  FieldSpecs<N + M> all{};
  std::copy(head.begin(), head.end(), all.begin());
  std::copy(tail.begin(), tail.end(), all.begin() + N);
  return all;
}

enum BatchField : std::uint32_t {
  kAck = kDataEnd,
  kAckStream,
  kAckCumulative,
  kAckPhi,
  kAckPhiEnd,
  kBatchView,
};
constexpr auto kBatchFields = Joined(
    DataFields("quack", core::Role::kAck),
    FieldSpecs<6>{{{"ack", core::Role::kGroup, core::FieldSpec::kMessage, core::Fact::kStates},
                   {"stream", core::Role::kStream, kAck},
                   {"cumulative", core::Role::kAck, kAck},
                   {"phi", core::Role::kPhi, kAck},
                   {"phi_end", core::Role::kPhiEnd, kAck},
                   {"view", core::Role::kEpoch}}});
constexpr auto kBroadcastFields = DataFields("cumulative", core::Role::kAck);

enum FetchField : std::uint32_t { kFetchStream, kFetchNumber, kFetchCumulative, kFetchWanted };
constexpr FieldSpecs<4> kFetchFields = {{{"stream", core::Role::kStream},
                                         {"number", core::Role::kOther},
                                         {"cumulative", core::Role::kAck},
                                         {"wanted", core::Role::kOther}}};

enum SupplyField : std::uint32_t { kSupplyNumber = kDataEnd, kSupplyCumulative };
constexpr auto kSupplyFields =
    Joined(DataFields("floor", core::Role::kOther),
           FieldSpecs<2>{{{"number", core::Role::kOther}, {"cumulative", core::Role::kAck}}});

constexpr std::array<core::TypeSpec, 4> kTypes = {{{"picsou.batch", kBatchFields},
                                                   {"picsou.broadcast", kBroadcastFields},
                                                   {"picsou.fetch", kFetchFields},
                                                   {"picsou.supply", kSupplyFields}}};

// Bytes of the bitmap on the wire: words up to the one with the last set bit.
std::uint64_t PhiBytes(const Ack& ack, const WireSizes& sizes) {
  if (ack.phi_end <= ack.cumulative + 1) return 0;
  const std::uint64_t bits = ack.phi_end - ack.cumulative - 1;
  return (bits + 63) / 64 * sizes.phi_word_bytes;
}

// A MAC covers all that is said: contents by digest, numbers by value, and not the padding.
std::uint64_t WithRuns(std::uint64_t digest, const std::vector<core::Run>& runs) {
  for (const core::Run& run : runs) {
    const std::array<std::uint64_t, 3> words = {run.first, run.count, run.stride};
    digest = core::Mix(digest, core::HashWords(words));
  }
  return digest;
}
std::uint64_t WithData(std::uint64_t digest, const std::vector<core::Records>& data) {
  for (const core::Records& records : data) {
    const std::array<std::uint64_t, 5> words = {records.run.first, records.run.count,
                                                records.run.stride, records.size,
                                                records.contents.Digest()};
    digest = core::Mix(digest, core::HashWords(words));
    if (!records.certificate) continue;
    const core::Certificate& certificate = *records.certificate;
    const std::array<std::uint64_t, 3> proof = {certificate.epoch, certificate.tag.low,
                                                certificate.tag.high};
    digest = WithRuns(core::Mix(digest, core::HashWords(proof)), certificate.signers);
  }
  return digest;
}

std::uint64_t DigestOf(const Batch& batch) {
  std::uint64_t digest = core::Mix(batch.data_stream.value(), batch.ack_stream.value());
  digest = core::Mix(digest, batch.quack);
  if (batch.view > 0) digest = core::Mix(digest, batch.view);
  digest = WithData(digest, batch.data);
  digest = core::Mix(digest, core::Mix(batch.ack.cumulative, batch.ack.phi_end));
  return WithRuns(digest, batch.ack.phi);
}

// Of what peers say to each other: no number of one type is another's.
std::uint64_t DigestOf(const Broadcast& broadcast) {
  const std::array<std::uint64_t, 3> words = {kBroadcastType, broadcast.stream.value(),
                                              broadcast.cumulative};
  return WithData(core::HashWords(words), broadcast.data);
}
std::uint64_t DigestOf(const Fetch& fetch) {
  const std::array<std::uint64_t, 4> words = {kFetchType, fetch.stream.value(), fetch.number,
                                              fetch.cumulative};
  return WithRuns(core::HashWords(words), fetch.wanted);
}
std::uint64_t DigestOf(const Supply& supply) {
  const std::array<std::uint64_t, 5> words = {kSupplyType, supply.stream.value(), supply.floor,
                                              supply.number, supply.cumulative};
  return WithData(core::HashWords(words), supply.data);
}

// The artifact's covers the ACK counter alone.
std::uint64_t ArtifactDigestOf(const Batch& batch) {
  return core::Mix(batch.ack_stream.value(), batch.ack.cumulative);
}

// A number of positions; leaves room for sums of them.
std::uint64_t GetPosition(core::Decoder& decoder) {
  const std::uint64_t position = decoder.U64();
  if (position >> 62 != 0) decoder.Fail();
  return position;
}

std::vector<core::Run> GetWanted(core::Decoder& decoder) {
  const std::uint32_t runs = decoder.U32();
  if (runs > Fetch::kPositionsMax) decoder.Fail();
  std::vector<core::Run> wanted;
  std::uint64_t positions = 0;
  for (std::uint32_t i = 0; i < runs && decoder.ok(); ++i) {
    const core::Run run = decoder.GetRun();
    const bool is_sound = decoder.ok() && run.count > 0 && run.count <= Fetch::kPositionsMax &&
                          run.first >> 62 == 0 && run.stride >> 40 == 0 && run.Last() >> 62 == 0;
    if (!is_sound) decoder.Fail();
    if (is_sound) positions += run.count;
    wanted.push_back(run);
  }
  if (positions > Fetch::kPositionsMax) decoder.Fail();
  return wanted;
}

Ack GetAck(core::Decoder& decoder, std::uint64_t phi_limit) {
  Ack ack;
  ack.cumulative = GetPosition(decoder);
  ack.phi_end = decoder.U64();
  const std::uint32_t runs = decoder.U32();
  if (runs > kPhiRunsMax) decoder.Fail();
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
  const std::uint64_t proofs = has_certificates_ ? data_runs * kCertificateBytes : 0;
  return std::max(charged, kFixedBytes + (data_runs + phi_runs) * kRunBytes + proofs);
}

core::Bytes Codec::Encode(const Batch& batch, const core::Signer& signer,
                          core::Identity receiver) const {
  if (rule_ == Rule::kArtifact)
    return EncodeArtifact(batch, signer.Mac(receiver, ArtifactDigestOf(batch)));
  core::Encoder encoder;
  encoder.U8(batch.view == 0 ? kBatchType : kBatchOfViewType);
  encoder.U32(batch.data_stream.value());
  encoder.U32(batch.ack_stream.value());
  if (batch.view > 0) encoder.U32(batch.view);
  encoder.PutTag(signer.Mac(receiver, DigestOf(batch)));
  encoder.U64(batch.quack);
  encoder.U64(batch.ack.cumulative);
  encoder.U64(batch.ack.phi_end);
  encoder.U32(static_cast<std::uint32_t>(batch.ack.phi.size()));
  for (const core::Run& run : batch.ack.phi) encoder.PutRun(run);
  core::PutHeaders(encoder, batch.data, has_certificates_);
  core::PutContents(encoder, batch.data);
  encoder.PadTo(sizes_.batch_bytes + PhiBytes(batch.ack, sizes_) + core::BytesOf(batch.data) +
                core::CountOf(batch.data) * RecordBytes());
  return encoder.Take();
}

core::Bytes Codec::Encode(const Broadcast& broadcast, const core::Signer* signer) const {
  if (rule_ == Rule::kArtifact) return EncodeArtifact(broadcast, 0);
  core::Encoder encoder;
  encoder.U8(kBroadcastType);
  if (has_certificates_) encoder.PutTag(signer->Sign(DigestOf(broadcast)));
  encoder.U32(broadcast.stream.value());
  encoder.U64(broadcast.cumulative);
  core::PutHeaders(encoder, broadcast.data, has_certificates_);
  core::PutContents(encoder, broadcast.data);
  encoder.PadTo(sizes_.batch_bytes + core::BytesOf(broadcast.data) +
                core::CountOf(broadcast.data) * RecordBytes());
  return encoder.Take();
}

core::Bytes Codec::Encode(const Fetch& fetch, const core::Signer* signer,
                          core::Identity receiver) const {
  core::Encoder encoder;
  encoder.U8(kFetchType);
  if (has_certificates_) encoder.PutTag(signer->Mac(receiver, DigestOf(fetch)));
  encoder.U32(fetch.stream.value());
  encoder.U64(fetch.number);
  encoder.U64(fetch.cumulative);
  encoder.U32(static_cast<std::uint32_t>(fetch.wanted.size()));
  for (const core::Run& run : fetch.wanted) encoder.PutRun(run);
  return encoder.Take();
}

core::Bytes Codec::Encode(const Supply& supply, const core::Signer* signer,
                          core::Identity receiver) const {
  core::Encoder encoder;
  encoder.U8(kSupplyType);
  if (has_certificates_) encoder.PutTag(signer->Mac(receiver, DigestOf(supply)));
  encoder.U32(supply.stream.value());
  encoder.U64(supply.floor);
  encoder.U64(supply.number);
  encoder.U64(supply.cumulative);
  core::PutHeaders(encoder, supply.data, has_certificates_);
  core::PutContents(encoder, supply.data);
  encoder.PadTo(sizes_.batch_bytes + core::BytesOf(supply.data) +
                core::CountOf(supply.data) * RecordBytes());
  return encoder.Take();
}

Codec::Decoded Codec::Decode(const core::Bytes& payload) const {
  Decoded decoded = Parse(payload);
  if (decoded.batch)
    decoded.signed_digest =
        rule_ == Rule::kPaper ? DigestOf(*decoded.batch) : ArtifactDigestOf(*decoded.batch);
  if (!has_certificates_) return decoded;
  if (decoded.broadcast) decoded.signed_digest = DigestOf(*decoded.broadcast);
  if (decoded.fetch) decoded.signed_digest = DigestOf(*decoded.fetch);
  if (decoded.supply) decoded.signed_digest = DigestOf(*decoded.supply);
  return decoded;
}

Codec::Decoded Codec::Parse(const core::Bytes& payload) const {
  Decoded decoded;
  core::Decoder decoder(payload);
  const std::uint8_t type = decoder.U8();
  if (rule_ == Rule::kArtifact) {
    // It neither fetches nor supplies.
    if (IsArtifactBatch(type)) {
      Batch batch = DecodeArtifactBatch(type, phi_, decoder, decoded.mac);
      if (decoder.ok()) decoded.batch = std::move(batch);
    } else if (IsArtifactBroadcast(type)) {
      Broadcast broadcast = DecodeArtifactBroadcast(decoder);
      if (decoder.ok()) decoded.broadcast = std::move(broadcast);
    }
    return decoded;
  }
  if (type == kBatchType || type == kBatchOfViewType) {
    Batch batch;
    batch.data_stream = core::StreamId(decoder.U32());
    batch.ack_stream = core::StreamId(decoder.U32());
    if (type == kBatchOfViewType) {
      batch.view = decoder.U32();
      // Else it would have two forms.
      if (batch.view == 0) decoder.Fail();
    }
    decoded.mac = decoder.GetTag();
    batch.quack = GetPosition(decoder);
    batch.ack = GetAck(decoder, phi_);
    batch.data = core::GetHeaders(decoder, has_certificates_);
    core::GetContents(decoder, batch.data);
    if (!decoder.ok()) return decoded;
    decoded.batch = std::move(batch);
  } else if (type == kBroadcastType) {
    Broadcast broadcast;
    if (has_certificates_) decoded.mac = decoder.GetTag();
    broadcast.stream = core::StreamId(decoder.U32());
    broadcast.cumulative = GetPosition(decoder);
    broadcast.data = core::GetHeaders(decoder, has_certificates_);
    core::GetContents(decoder, broadcast.data);
    if (decoder.ok()) decoded.broadcast = std::move(broadcast);
  } else if (type == kFetchType) {
    Fetch fetch;
    if (has_certificates_) decoded.mac = decoder.GetTag();
    fetch.stream = core::StreamId(decoder.U32());
    fetch.number = decoder.U64();
    fetch.cumulative = GetPosition(decoder);
    fetch.wanted = GetWanted(decoder);
    if (decoder.ok()) decoded.fetch = std::move(fetch);
  } else if (type == kSupplyType) {
    Supply supply;
    if (has_certificates_) decoded.mac = decoder.GetTag();
    supply.stream = core::StreamId(decoder.U32());
    supply.floor = GetPosition(decoder);
    supply.number = decoder.U64();
    supply.cumulative = GetPosition(decoder);
    supply.data = core::GetHeaders(decoder, has_certificates_);
    core::GetContents(decoder, supply.data);
    if (decoder.ok()) decoded.supply = std::move(supply);
  }
  return decoded;
}

std::span<const core::TypeSpec> Fields::types() const { return kTypes; }

namespace {

using core::Field;
using FieldList = std::vector<Field>;

void ReadData(core::StreamId stream, std::uint64_t stated, const std::vector<core::Records>& data,
              FieldList& fields) {
  fields.push_back(Field::Group(kData));
  fields.push_back(Field::Number(kDataStream, stream.value()));
  fields.push_back(Field::Number(kStated, stated));
  core::ReadRecords(data, kRecords, kSeq, kContent, fields, kCertificateSpecs);
}

void ReadBatch(const Batch& batch, FieldList& fields) {
  // Before the groups that share it. View 0 goes without saying.
  if (batch.view > 0) fields.push_back(Field::Number(kBatchView, batch.view));
  ReadData(batch.data_stream, batch.quack, batch.data, fields);
  const Ack& ack = batch.ack;
  fields.push_back(Field::Group(kAck));
  fields.push_back(Field::Number(kAckStream, batch.ack_stream.value()));
  fields.push_back(Field::Number(kAckCumulative, ack.cumulative));
  for (std::uint32_t i = 0; i < ack.phi.size(); ++i)
    fields.push_back(Field{kAckPhi, i, ack.phi[i]});
  fields.push_back(Field::Number(kAckPhiEnd, ack.phi_end));
}

void ReadFetch(const Fetch& fetch, FieldList& fields) {
  fields.push_back(Field::Number(kFetchStream, fetch.stream.value()));
  fields.push_back(Field::Number(kFetchNumber, fetch.number));
  fields.push_back(Field::Number(kFetchCumulative, fetch.cumulative));
  for (std::uint32_t i = 0; i < fetch.wanted.size(); ++i)
    fields.push_back(Field{kFetchWanted, i, fetch.wanted[i]});
}

void ReadSupply(const Supply& supply, FieldList& fields) {
  ReadData(supply.stream, supply.floor, supply.data, fields);
  fields.push_back(Field::Number(kSupplyNumber, supply.number));
  fields.push_back(Field::Number(kSupplyCumulative, supply.cumulative));
}

// The first value of a field, which a message has once.
std::uint64_t NumberIn(const core::FieldedMessage& message, std::uint32_t spec) {
  for (const Field& field : message.fields)
    if (field.spec == spec) return field.values.first;
  return 0;
}
core::StreamId StreamIn(const core::FieldedMessage& message, std::uint32_t spec) {
  return core::StreamId(static_cast<std::uint32_t>(NumberIn(message, spec)));
}
std::vector<core::Run> RunsIn(const core::FieldedMessage& message, std::uint32_t spec) {
  std::vector<core::Run> runs;
  for (const Field& field : message.fields)
    if (field.spec == spec) runs.push_back(field.values);
  return runs;
}

}  // namespace

bool Fields::Read(const core::Bytes& payload, core::FieldedMessage& out) const {
  const Codec::Decoded decoded = codec_.Parse(payload);
  out.fields.clear();
  if (decoded.batch) {
    out.type = kBatchType;
    ReadBatch(*decoded.batch, out.fields);
  } else if (decoded.broadcast) {
    out.type = kBroadcastType;
    ReadData(decoded.broadcast->stream, decoded.broadcast->cumulative, decoded.broadcast->data,
             out.fields);
  } else if (decoded.fetch) {
    out.type = kFetchType;
    ReadFetch(*decoded.fetch, out.fields);
  } else if (decoded.supply) {
    out.type = kSupplyType;
    ReadSupply(*decoded.supply, out.fields);
  } else {
    return false;
  }
  return true;
}

core::Bytes Fields::Build(const core::FieldedMessage& message, const core::Signer& signer,
                          core::Identity receiver) const {
  if (message.type == kFetchType) {
    const Fetch fetch{StreamIn(message, kFetchStream), NumberIn(message, kFetchNumber),
                      NumberIn(message, kFetchCumulative), RunsIn(message, kFetchWanted)};
    return codec_.Encode(fetch, &signer, receiver);
  }
  const core::StreamId stream = StreamIn(message, kDataStream);
  const std::uint64_t stated = NumberIn(message, kStated);
  std::vector<core::Records> data =
      core::BuildRecords(message.fields, kSeq, kContent, kCertificateSpecs);
  if (message.type == kBroadcastType)
    return codec_.Encode(Broadcast{stream, std::move(data), stated}, &signer);
  if (message.type == kSupplyType) {
    const Supply supply{stream, stated, NumberIn(message, kSupplyNumber),
                        NumberIn(message, kSupplyCumulative), std::move(data)};
    return codec_.Encode(supply, &signer, receiver);
  }
  Batch batch{stream, std::move(data), StreamIn(message, kAckStream), {}, stated};
  batch.view = static_cast<std::uint32_t>(NumberIn(message, kBatchView));
  batch.ack.cumulative = NumberIn(message, kAckCumulative);
  batch.ack.phi = RunsIn(message, kAckPhi);
  // φ bits count from the cumulative ACK on: what a changed ACK pushes out of reach is cut off.
  batch.ack = LimitPhi(batch.ack, codec_.phi());
  return codec_.Encode(batch, signer, receiver);
}

}  // namespace lockstep::picsou
