// The codec of Chora-R: see messages.h.

#include "protocols/chora/messages.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "protocols/chora/batch.h"
#include "protocols/core/check.h"
#include "protocols/core/little_endian.h"
#include "protocols/core/wire.h"

namespace lockstep::chora {
namespace {

// Type, cluster, incarnation, sender, flags, round, frontier, and the echo.
constexpr std::uint64_t kRoundFixedBytes = 1 + 8 + 8 + 1 + 1 + 8 + 8 + 2 + 4;
constexpr std::uint64_t kRoundBytesLeast = 59;
constexpr std::uint64_t kRoundBytesMost =
    kRoundFixedBytes + (2 * Config::kReplicasMax * Config::kVoteRoundsMax + 7) / 8;
constexpr std::uint8_t kAbstaining = 1;
constexpr std::uint8_t kWithBatch = 2;

// Kind, lane, first round, mask.
constexpr std::uint64_t kSpanBytes = 1 + 1 + 8 + 8;
// Of one slot alone: kind, lane, round, size of the batch.
constexpr std::uint64_t kSingleBytes = 1 + 1 + 8 + 4;
constexpr std::uint8_t kSingle = 0x80;  // beside the kind: one slot, with its batch
// More than there is time for, with room for sums.
constexpr std::uint64_t kRoundLimit = std::uint64_t{1} << 48;
constexpr std::uint32_t kBallotLimit = std::uint32_t{1} << 30;

// Bits that are put or got at once, so that with those of a byte begun they fit a word.
constexpr std::uint32_t kHalf = 32;

// Numbers into memory of known size, which is filled once and appended once.
class Writer {
 public:
  explicit Writer(char* out) : out_(out) {}
  template <std::size_t kBytes>
  void Put(std::uint64_t value) {
    core::StoreLittle<kBytes>(value, out_);
    out_ += kBytes;
  }
  // The lower `width` bits, behind those before; at most 64.
  void PutBits(std::uint64_t value, std::uint32_t width) {
    if (width > kHalf) {
      PutBits(value, kHalf);
      value >>= kHalf;
      width -= kHalf;
    }
    bits_ |= (value & ((std::uint64_t{1} << width) - 1)) << filled_;
    for (filled_ += width; filled_ >= 8; filled_ -= 8, bits_ >>= 8) Put<1>(bits_);
  }
  void FlushBits() {
    if (filled_ == 0) return;
    Put<1>(bits_);
    bits_ = 0;
    filled_ = 0;
  }
  const char* end() const { return out_; }

 private:
  char* out_;
  std::uint64_t bits_ = 0;
  std::uint32_t filled_ = 0;  // bits of the byte that is being put together
};

class Reader {
 public:
  explicit Reader(const std::uint8_t* in) : in_(in) {}
  template <std::size_t kBytes>
  std::uint64_t Get() {
    const std::uint64_t value = core::LoadLittle<kBytes>(in_);
    in_ += kBytes;
    return value;
  }
  // `width` bits, at most 64. There must be eight bytes to read, whatever the width.
  std::uint64_t GetBits(std::uint32_t width) {
    if (width > kHalf) {
      const std::uint64_t low = GetBits(kHalf);
      return low | GetBits(width - kHalf) << kHalf;
    }
    const std::uint64_t word = core::LoadLittle<8>(in_);
    const std::uint64_t value = word >> used_ & ((std::uint64_t{1} << width) - 1);
    used_ += width;
    in_ += used_ / 8;
    used_ %= 8;
    return value;
  }

 private:
  const std::uint8_t* in_;
  std::uint32_t used_ = 0;  // bits of the present byte
};

bool HasBallot(EntryKind kind) {
  return kind == EntryKind::kResolve || kind == EntryKind::kAccepted ||
         kind == EntryKind::kPrepare || kind == EntryKind::kPromise;
}
bool HasValue(EntryKind kind) {
  return kind == EntryKind::kResolve || kind == EntryKind::kAccepted || kind == EntryKind::kDecided;
}
bool MayHaveBatch(EntryKind kind) {
  return kind == EntryKind::kResolve || kind == EntryKind::kDecided || kind == EntryKind::kPayload;
}

void PutHeader(core::Encoder& encoder, MessageType type, const Header& header) {
  encoder.U8(static_cast<std::uint8_t>(type));
  encoder.U64(header.cluster);
  encoder.U64(header.incarnation);
  encoder.U8(static_cast<std::uint8_t>(header.sender));
}

void PutEntry(core::Encoder& encoder, const Entry& entry) {
  const auto kind = static_cast<std::uint8_t>(entry.kind);
  encoder.U8(entry.has_batch ? kind | kSingle : kind);
  if (entry.kind == EntryKind::kOffer) {
    encoder.U64(entry.snapshot_round);
    encoder.U64(entry.snapshot_bytes);
    return;
  }
  encoder.U8(static_cast<std::uint8_t>(entry.slots.lane));
  if (entry.has_batch) {
    entry.slots.ForEach([&](SlotName name) { encoder.U64(name.round); });
    encoder.U32(static_cast<std::uint32_t>(entry.batch.size()));
  } else {
    encoder.U64(entry.slots.first);
    encoder.U64(entry.slots.mask);
  }
  if (entry.kind == EntryKind::kVotes) encoder.U64(entry.ones);
  if (HasBallot(entry.kind)) encoder.U32(entry.ballot);
  if (HasValue(entry.kind)) encoder.U8(static_cast<std::uint8_t>(entry.value));
  if (entry.kind == EntryKind::kPromise) {
    encoder.U32(static_cast<std::uint32_t>(entry.accepted + 1));
    encoder.U8(static_cast<std::uint8_t>(entry.value));
  }
}

Value GetValue(core::Decoder& decoder) {
  const std::uint8_t value = decoder.U8();
  if (value > 1) decoder.Fail();
  return static_cast<Value>(value & 1);
}

// The numbers of an entry; returns how long the batch is that it has.
std::uint64_t GetEntry(core::Decoder& decoder, std::uint32_t replicas, Entry& entry) {
  const std::uint8_t first = decoder.U8();
  const std::uint8_t kind = first & (kSingle - 1);
  entry.has_batch = (first & kSingle) != 0;
  if (kind >= kEntryKinds) decoder.Fail();
  if (!decoder.ok()) return 0;
  entry.kind = static_cast<EntryKind>(kind);
  if (entry.has_batch && !MayHaveBatch(entry.kind)) decoder.Fail();
  if (!entry.has_batch && entry.kind == EntryKind::kPayload) decoder.Fail();
  if (entry.kind == EntryKind::kOffer) {
    entry.snapshot_round = decoder.U64();
    entry.snapshot_bytes = decoder.U64();
    if (entry.snapshot_round >= kRoundLimit) decoder.Fail();
    return 0;
  }
  entry.slots.lane = decoder.U8();
  std::uint64_t size = 0;
  if (entry.has_batch) {
    entry.slots = Span::Of({decoder.U64(), entry.slots.lane});
    size = decoder.U32();
  } else {
    entry.slots.first = decoder.U64();
    entry.slots.mask = decoder.U64();
    if (entry.slots.mask == 0) decoder.Fail();
  }
  if (entry.slots.lane >= replicas || entry.slots.first >= kRoundLimit) decoder.Fail();
  if (entry.kind == EntryKind::kVotes) {
    entry.ones = decoder.U64();
    if ((entry.ones & ~entry.slots.mask) != 0) decoder.Fail();
  }
  if (HasBallot(entry.kind)) {
    entry.ballot = decoder.U32();
    const bool is_later = entry.kind == EntryKind::kPrepare || entry.kind == EntryKind::kPromise;
    if (entry.ballot < (is_later ? 2U : 1U) || entry.ballot >= kBallotLimit) decoder.Fail();
  }
  if (HasValue(entry.kind)) entry.value = GetValue(decoder);
  if (entry.kind == EntryKind::kPayload) entry.value = Value::kBatch;
  if (entry.has_batch && entry.value == Value::kNoop) decoder.Fail();
  if (entry.kind == EntryKind::kPromise) {
    const std::uint32_t accepted = decoder.U32();
    if (accepted > entry.ballot) decoder.Fail();  // Below the ballot that is promised, plus one.
    entry.accepted = static_cast<std::int32_t>(accepted & (kBallotLimit - 1)) - 1;
    entry.value = GetValue(decoder);
  }
  return size;
}

}  // namespace

std::uint64_t SizeOf(const Entry& entry) {
  if (entry.kind == EntryKind::kOffer) return 1 + 8 + 8;
  std::uint64_t size = entry.has_batch ? kSingleBytes + entry.batch.size() : kSpanBytes;
  if (entry.kind == EntryKind::kVotes) size += 8;
  if (HasBallot(entry.kind)) size += 4;
  if (HasValue(entry.kind)) size += 1;
  if (entry.kind == EntryKind::kPromise) size += 5;
  return size;
}

std::uint64_t RoundOverhead(const Config& config) {
  const std::uint64_t bits = 2 * std::uint64_t{config.replicas()} * config.vote_rounds;
  return std::max(kRoundBytesLeast, kRoundFixedBytes + (bits + 7) / 8);
}

std::uint64_t RepairEntriesLeast(const Config& config) {
  return (config.packet_bytes - kRepairHeadBytes) / (kSpanBytes + 8);
}

Codec::Codec(const Config& config)
    : replicas_(config.replicas()),
      depth_(config.depth),
      vote_rounds_(config.vote_rounds),
      cluster_id_(config.cluster_id),
      overhead_(RoundOverhead(config)) {}

core::Bytes Codec::Encode(const RoundMessage& message) const {
  std::array<char, kRoundBytesMost + 8> raw = {};
  Writer writer(raw.data());
  writer.Put<1>(static_cast<std::uint8_t>(MessageType::kRound));
  writer.Put<8>(message.header.cluster);
  writer.Put<8>(message.header.incarnation);
  writer.Put<1>(message.header.sender);
  writer.Put<1>((message.is_abstaining ? kAbstaining : 0U) | (message.has_batch ? kWithBatch : 0U));
  writer.Put<8>(message.round);
  writer.Put<8>(message.frontier);
  writer.Put<2>(message.echo_round);
  writer.Put<4>(message.echo_held_ps);
  for (std::uint32_t h = 0; h < vote_rounds_; ++h) {
    writer.PutBits(message.votes[h].known, replicas_);
    writer.PutBits(message.votes[h].ones, replicas_);
  }
  writer.FlushBits();
  std::string head;
  head.reserve(overhead_ + message.batch.literal().size() + Batch::kHeadBytes);
  head.assign(raw.data(), overhead_);
  if (!message.has_batch) head.append(Batch::kHeadBytes, '\0');
  // One allocation for all that is literal.
  head.append(message.batch.literal());
  return core::Bytes::Of(std::move(head), message.batch.filler());
}

bool Codec::Decode(const core::Bytes& payload, RoundMessage& out) const {
  if (payload.size() < overhead_ + Batch::kHeadBytes) return false;
  std::array<std::uint8_t, kRoundBytesMost + 8> raw;
  payload.CopyTo(0, std::span(raw).first(overhead_));
  Reader reader(raw.data());
  if (reader.Get<1>() != static_cast<std::uint8_t>(MessageType::kRound)) return false;
  out.header.cluster = reader.Get<8>();
  out.header.incarnation = reader.Get<8>();
  out.header.sender = static_cast<std::uint32_t>(reader.Get<1>());
  const std::uint64_t flags = reader.Get<1>();
  out.round = reader.Get<8>();
  out.frontier = reader.Get<8>();
  out.echo_round = static_cast<std::uint16_t>(reader.Get<2>());
  out.echo_held_ps = static_cast<std::uint32_t>(reader.Get<4>());
  for (std::uint32_t h = 0; h < vote_rounds_; ++h) {
    out.votes[h].known = reader.GetBits(replicas_);
    out.votes[h].ones = reader.GetBits(replicas_);
    if ((out.votes[h].ones & ~out.votes[h].known) != 0) return false;
    if (out.votes[h].known != 0 && out.round < depth_ + h) return false;
  }
  if (out.header.cluster != cluster_id_ || out.header.sender >= replicas_) return false;
  if (flags > (kAbstaining | kWithBatch)) return false;
  if (out.round >= kRoundLimit || out.frontier >= kRoundLimit) return false;
  out.is_abstaining = (flags & kAbstaining) != 0;
  out.has_batch = (flags & kWithBatch) != 0;
  out.batch = core::Bytes();
  if (!out.has_batch) return payload.size() == overhead_ + Batch::kHeadBytes;
  out.batch = payload.Slice(overhead_, payload.size() - overhead_);
  return Batch::IsValid(out.batch, replicas_);
}

namespace {

core::Bytes NumbersOf(const core::Bytes& batch) {
  return batch.Slice(0, Batch(batch).numbers_bytes());
}
core::Bytes ContentsOf(const core::Bytes& batch) {
  const std::uint64_t numbers = Batch(batch).numbers_bytes();
  return batch.Slice(numbers, batch.size() - numbers);
}

// The numbers of a batch of `size` bytes, which stand where the decoder is.
core::Bytes GetNumbers(core::Decoder& decoder, std::uint64_t size) {
  const core::Bytes ahead = decoder.Ahead();
  if (size < Batch::kHeadBytes || ahead.size() < Batch::kHeadBytes) {
    decoder.Fail();
    return {};
  }
  const std::uint64_t numbers = Batch(ahead).numbers_bytes();
  if (numbers > size) decoder.Fail();
  return decoder.Content(numbers);
}

core::Bytes Joined(const core::Bytes& numbers, const core::Bytes& contents) {
  core::BytesBuilder builder;
  builder.Append(numbers);
  builder.Append(contents);
  return builder.Take();
}

}  // namespace

core::Bytes Codec::Encode(const RepairMessage& message) const {
  core::Encoder encoder;
  PutHeader(encoder, MessageType::kRepair, message.header);
  encoder.U8(message.is_abstaining ? kAbstaining : 0);
  encoder.U64(message.round);
  encoder.U64(message.frontier);
  encoder.U8(static_cast<std::uint8_t>(message.entries.size() & 255));
  encoder.U8(static_cast<std::uint8_t>(message.entries.size() >> 8));
  for (const Entry& entry : message.entries) PutEntry(encoder, entry);
  // The numbers of all batches, then their contents: these stay filler.
  for (const Entry& entry : message.entries) {
    if (entry.has_batch) encoder.Content(NumbersOf(entry.batch));
  }
  for (const Entry& entry : message.entries) {
    if (entry.has_batch) encoder.Content(ContentsOf(entry.batch));
  }
  return encoder.Take();
}

namespace {

bool GetHeader(core::Decoder& decoder, MessageType type, std::uint64_t cluster,
               std::uint32_t replicas, Header& header) {
  if (decoder.U8() != static_cast<std::uint8_t>(type)) return false;
  header.cluster = decoder.U64();
  header.incarnation = decoder.U64();
  header.sender = decoder.U8();
  return decoder.ok() && header.cluster == cluster && header.sender < replicas;
}

bool IsAllRead(const core::Decoder& decoder) { return decoder.ok() && decoder.remaining() == 0; }

}  // namespace

bool Codec::Decode(const core::Bytes& payload, RepairMessage& out) const {
  core::Decoder decoder(payload);
  if (!GetHeader(decoder, MessageType::kRepair, cluster_id_, replicas_, out.header)) return false;
  const std::uint8_t flags = decoder.U8();
  out.is_abstaining = flags == kAbstaining;
  out.round = decoder.U64();
  out.frontier = decoder.U64();
  if (flags > kAbstaining || out.round >= kRoundLimit || out.frontier >= kRoundLimit) return false;
  const std::uint32_t low = decoder.U8();
  const std::uint32_t count = low + 256U * decoder.U8();
  out.entries.clear();
  std::vector<std::uint64_t> sizes;
  for (std::uint32_t i = 0; i < count && decoder.ok(); ++i) {
    sizes.push_back(GetEntry(decoder, replicas_, out.entries.emplace_back()));
    const Entry& entry = out.entries.back();
    // Only the owner of a ballot proposes at it.
    const bool is_proposal = entry.kind == EntryKind::kResolve || entry.kind == EntryKind::kPrepare;
    if (is_proposal && OwnerOf(entry.slots.lane, entry.ballot, replicas_) != out.header.sender) {
      return false;
    }
  }
  for (std::size_t i = 0; i < out.entries.size() && decoder.ok(); ++i) {
    if (out.entries[i].has_batch) out.entries[i].batch = GetNumbers(decoder, sizes[i]);
  }
  for (std::size_t i = 0; i < out.entries.size() && decoder.ok(); ++i) {
    Entry& entry = out.entries[i];
    if (!entry.has_batch) continue;
    entry.batch = Joined(entry.batch, decoder.Content(sizes[i] - entry.batch.size()));
    if (!Batch::IsValid(entry.batch, replicas_)) return false;
  }
  return IsAllRead(decoder);
}

core::Bytes Codec::Encode(const ForwardMessage& message) const {
  core::Encoder encoder;
  PutHeader(encoder, MessageType::kForward, message.header);
  encoder.Content(message.batch);
  return encoder.Take();
}

bool Codec::Decode(const core::Bytes& payload, ForwardMessage& out) const {
  core::Decoder decoder(payload);
  if (!GetHeader(decoder, MessageType::kForward, cluster_id_, replicas_, out.header)) return false;
  out.batch = decoder.Content(decoder.remaining());
  return IsAllRead(decoder) && Batch::IsValid(out.batch, replicas_);
}

core::Bytes Codec::Encode(const RecoverMessage& message) const {
  core::Encoder encoder;
  PutHeader(encoder, MessageType::kRecover, message.header);
  return encoder.Take();
}

bool Codec::Decode(const core::Bytes& payload, RecoverMessage& out) const {
  core::Decoder decoder(payload);
  return GetHeader(decoder, MessageType::kRecover, cluster_id_, replicas_, out.header) &&
         IsAllRead(decoder);
}

core::Bytes Codec::Encode(const RecoverAnswer& message) const {
  core::Encoder encoder;
  PutHeader(encoder, MessageType::kRecoverAnswer, message.header);
  encoder.U64(message.asked_by);
  encoder.U64(message.acted_end);
  return encoder.Take();
}

bool Codec::Decode(const core::Bytes& payload, RecoverAnswer& out) const {
  core::Decoder decoder(payload);
  if (!GetHeader(decoder, MessageType::kRecoverAnswer, cluster_id_, replicas_, out.header)) {
    return false;
  }
  out.asked_by = decoder.U64();
  out.acted_end = decoder.U64();
  return IsAllRead(decoder) && out.acted_end < kRoundLimit;
}

core::Bytes Codec::Encode(const ChunkRequest& message) const {
  core::Encoder encoder;
  PutHeader(encoder, MessageType::kChunkRequest, message.header);
  encoder.U64(message.round);
  encoder.U32(message.index);
  return encoder.Take();
}

bool Codec::Decode(const core::Bytes& payload, ChunkRequest& out) const {
  core::Decoder decoder(payload);
  if (!GetHeader(decoder, MessageType::kChunkRequest, cluster_id_, replicas_, out.header)) {
    return false;
  }
  out.round = decoder.U64();
  out.index = decoder.U32();
  return IsAllRead(decoder);
}

core::Bytes Codec::Encode(const ChunkMessage& message) const {
  core::Encoder encoder;
  PutHeader(encoder, MessageType::kChunk, message.header);
  encoder.U64(message.round);
  encoder.U32(message.index);
  encoder.Content(message.content);
  return encoder.Take();
}

bool Codec::Decode(const core::Bytes& payload, ChunkMessage& out) const {
  core::Decoder decoder(payload);
  if (!GetHeader(decoder, MessageType::kChunk, cluster_id_, replicas_, out.header)) return false;
  out.round = decoder.U64();
  out.index = decoder.U32();
  out.content = decoder.Content(decoder.remaining());
  return IsAllRead(decoder);
}

std::optional<MessageType> Codec::TypeOf(const core::Bytes& payload) {
  if (payload.empty()) return std::nullopt;
  std::uint8_t type = 0;
  payload.CopyTo(0, std::span(&type, 1));
  if (type >= kMessageTypes) return std::nullopt;
  return static_cast<MessageType>(type);
}

}  // namespace lockstep::chora
