// The artifact's wire: see artifact_wire.h.

#include "protocols/picsou/artifact_wire.h"

#include <algorithm>
#include <bit>

namespace lockstep::picsou {
namespace {

constexpr std::uint64_t kMacBytes = 18;
constexpr std::uint64_t kPositionMax = std::uint64_t{1} << 62;
constexpr std::uint64_t kCountMax = std::uint64_t{1} << 24;
constexpr std::uint64_t kStrideMax = std::uint64_t{1} << 40;
// More than any honest batch has; keeps a hostile header from asking for memory.
constexpr std::uint64_t kArtifactRunsMax = 1U << 20;

// The first byte, below 2^5 as a stack wants it; a batch may have a list, in words or in runs, and
// data.
constexpr std::uint8_t kArtifactBatch = 0x08;
constexpr std::uint8_t kArtifactBroadcast = 0x10;
constexpr std::uint8_t kHasList = 0x01;
constexpr std::uint8_t kHasWords = 0x02;
constexpr std::uint8_t kHasData = 0x04;
constexpr std::uint8_t kFlags = kHasList | kHasWords | kHasData;

std::uint64_t VarintBytes(std::uint64_t value) {
  return value == 0 ? 1 : (static_cast<std::uint64_t>(std::bit_width(value)) + 6) / 7;
}

void PutVarint(core::Encoder& encoder, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) encoder.U8(static_cast<std::uint8_t>(value | 0x80));
  encoder.U8(static_cast<std::uint8_t>(value));
}

std::uint64_t GetVarint(core::Decoder& decoder) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t byte = decoder.U8();
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  decoder.Fail();
  return 0;
}

std::uint64_t GetBelow(core::Decoder& decoder, std::uint64_t limit) {
  const std::uint64_t value = GetVarint(decoder);
  if (value >= limit) decoder.Fail();
  return decoder.ok() ? value : 0;
}

// Bit i: position `ack.cumulative` + 1 + i is held; up to the first word of zeros.
std::vector<std::uint64_t> WordsOf(const Ack& ack) {
  std::vector<std::uint64_t> words;
  if (ack.phi_end <= ack.cumulative + 1) return words;
  const std::uint64_t begin = ack.cumulative + 1;
  words.resize((ack.phi_end - begin + 63) / 64);
  for (const core::Run& run : ack.phi) {
    for (std::uint64_t i = 0; i < run.count; ++i) {
      const std::uint64_t bit = run.At(i) - begin;
      words[bit / 64] |= std::uint64_t{1} << bit % 64;
    }
  }
  words.erase(std::find(words.begin(), words.end(), std::uint64_t{0}), words.end());
  return words;
}

std::uint64_t BytesOfWords(const std::vector<std::uint64_t>& words) {
  std::uint64_t bytes = words.empty() ? 0 : 2;
  for (const std::uint64_t word : words) bytes += VarintBytes(word);
  return bytes;
}

// Elements whose positions are varints of the same length are equally long.
std::uint64_t ElementsBytes(const core::Records& records) {
  std::uint64_t bytes = 0;
  core::Run rest = records.run;
  while (rest.count > 0) {
    const std::uint64_t length = VarintBytes(rest.first);
    // Positions are below 2^62, so this is a number.
    const std::uint64_t limit = std::uint64_t{1} << std::min<std::uint64_t>(7 * length, 63);
    const std::uint64_t stride = std::max<std::uint64_t>(rest.stride, 1);
    const std::uint64_t alike = std::min(rest.count, (limit - rest.first + stride - 1) / stride);
    bytes += alike * ArtifactElementBytes(records.size, rest.first);
    rest = rest.Part(alike, rest.count - alike);
  }
  return bytes;
}

std::uint64_t DataBytes(const std::vector<core::Records>& data) {
  std::uint64_t bytes = 0;
  for (const core::Records& records : data) bytes += ElementsBytes(records);
  return bytes;
}

std::uint64_t AckBytes(std::uint64_t cumulative) {
  return cumulative == 0 ? 2 : 3 + VarintBytes(cumulative - 1);
}

// Relative to `base`, which is below all of them.
std::uint64_t BytesOfRun(const core::Run& run, std::uint64_t base) {
  return VarintBytes(run.first - base) + VarintBytes(run.count) +
         (run.count > 1 ? VarintBytes(run.stride) : 0);
}
void PutRun(core::Encoder& encoder, const core::Run& run, std::uint64_t base) {
  PutVarint(encoder, run.first - base);
  PutVarint(encoder, run.count);
  if (run.count > 1) PutVarint(encoder, run.stride);
}
core::Run GetRun(core::Decoder& decoder, std::uint64_t base) {
  core::Run run;
  run.first = base + GetBelow(decoder, kPositionMax - base);
  run.count = GetBelow(decoder, kCountMax + 1);
  if (run.count == 0) decoder.Fail();
  run.stride = run.count > 1 ? GetBelow(decoder, kStrideMax) : 1;
  if (run.stride == 0 || (decoder.ok() && run.Last() >= kPositionMax)) decoder.Fail();
  return decoder.ok() ? run : core::Run{};
}

void PutData(core::Encoder& encoder, const std::vector<core::Records>& data) {
  PutVarint(encoder, data.size());
  for (const core::Records& records : data) {
    PutRun(encoder, records.run, 0);
    PutVarint(encoder, records.size);
  }
  core::PutContents(encoder, data);
}
std::vector<core::Records> GetData(core::Decoder& decoder) {
  std::vector<core::Records> data;
  const std::uint64_t runs = GetBelow(decoder, kArtifactRunsMax);
  for (std::uint64_t i = 0; i < runs && decoder.ok(); ++i) {
    core::Records records;
    records.run = GetRun(decoder, 0);
    records.size = GetVarint(decoder);
    data.push_back(std::move(records));
  }
  core::GetContents(decoder, data);
  return data;
}

// Runs of ones, from `begin` on.
void AddWord(std::uint64_t word, std::uint64_t begin, std::vector<core::Run>& runs) {
  for (std::uint64_t i = 0; word != 0;) {
    const auto zeros = static_cast<std::uint64_t>(std::countr_zero(word));
    word >>= zeros;
    i += zeros;
    const auto ones = static_cast<std::uint64_t>(std::countr_one(word));
    const bool goes_on = !runs.empty() && runs.back().first + runs.back().count == begin + i;
    if (goes_on) runs.back().count += ones;
    if (!goes_on) runs.push_back({begin + i, ones, 1});
    word = ones == 64 ? 0 : word >> ones;
    i += ones;
  }
}

Ack GetReport(std::uint8_t type, std::uint64_t phi, core::Decoder& decoder) {
  Ack ack;
  ack.cumulative = GetBelow(decoder, kPositionMax);
  if ((type & kHasList) == 0) return ack;
  const std::uint64_t count = GetBelow(decoder, kArtifactRunsMax);
  if (count == 0) decoder.Fail();
  for (std::uint64_t i = 0; i < count && decoder.ok(); ++i) {
    if ((type & kHasWords) != 0) {
      AddWord(GetVarint(decoder), ack.cumulative + 1 + 64 * i, ack.phi);
    } else {
      ack.phi.push_back(GetRun(decoder, ack.cumulative + 1));
    }
  }
  if (!decoder.ok()) return Ack{};
  for (const core::Run& run : ack.phi) ack.phi_end = std::max(ack.phi_end, run.Last() + 1);
  if (ack.phi_end == 0 || ack.phi_end - ack.cumulative - 1 > phi) decoder.Fail();
  return ack;
}

}  // namespace

std::uint64_t ArtifactElementBytes(std::uint64_t size, std::uint64_t position) {
  const std::uint64_t inner = 1 + VarintBytes(size) + size + 1 + VarintBytes(position);
  return 1 + VarintBytes(inner) + inner;
}

Ack ArtifactReport(const Ack& ack) { return LimitPhi(ack, 64 * WordsOf(ack).size()); }

std::uint64_t ArtifactBitmapBytes(const Ack& ack) { return BytesOfWords(WordsOf(ack)); }

std::uint64_t ArtifactBytes(const std::vector<core::Records>& data, const Ack& ack) {
  return kMacBytes + AckBytes(ack.cumulative) + ArtifactBitmapBytes(ack) + DataBytes(data);
}

core::Bytes EncodeArtifact(const Batch& batch, const core::Tag& mac) {
  const std::vector<std::uint64_t> words = WordsOf(batch.ack);
  std::uint64_t runs_bytes = VarintBytes(batch.ack.phi.size());
  for (const core::Run& run : batch.ack.phi)
    runs_bytes += BytesOfRun(run, batch.ack.cumulative + 1);
  // A list that no bitmap of the artifact could be, as a liar's may be, goes in runs.
  const bool is_bitmap = batch.ack == LimitPhi(batch.ack, 64 * words.size());
  const bool has_words = !words.empty() && is_bitmap && runs_bytes > BytesOfWords(words);
  std::uint8_t type = kArtifactBatch;
  if (!batch.ack.phi.empty()) type |= kHasList;
  if (has_words) type |= kHasWords;
  if (!batch.data.empty()) type |= kHasData;
  core::Encoder encoder;
  encoder.U8(type);
  encoder.PutTag(mac);
  PutVarint(encoder, batch.data_stream.value());
  PutVarint(encoder, batch.ack_stream.value());
  PutVarint(encoder, batch.ack.cumulative);
  if (has_words) {
    PutVarint(encoder, words.size());
    for (const std::uint64_t word : words) PutVarint(encoder, word);
  } else if (!batch.ack.phi.empty()) {
    PutVarint(encoder, batch.ack.phi.size());
    for (const core::Run& run : batch.ack.phi) PutRun(encoder, run, batch.ack.cumulative + 1);
  }
  if (!batch.data.empty()) PutData(encoder, batch.data);
  encoder.PadTo(kMacBytes + AckBytes(batch.ack.cumulative) + BytesOfWords(words) +
                DataBytes(batch.data));
  return encoder.Take();
}

core::Bytes EncodeArtifact(const Broadcast& broadcast, std::uint64_t report_bytes) {
  core::Encoder encoder;
  encoder.U8(kArtifactBroadcast);
  PutVarint(encoder, broadcast.stream.value());
  PutVarint(encoder, broadcast.cumulative);
  PutData(encoder, broadcast.data);
  encoder.PadTo(kMacBytes + AckBytes(broadcast.cumulative) + report_bytes +
                DataBytes(broadcast.data));
  return encoder.Take();
}

bool IsArtifactBatch(std::uint8_t type) { return (type & ~kFlags) == kArtifactBatch; }
bool IsArtifactBroadcast(std::uint8_t type) { return type == kArtifactBroadcast; }

Batch DecodeArtifactBatch(std::uint8_t type, std::uint64_t phi, core::Decoder& decoder,
                          core::Tag& mac) {
  Batch batch;
  mac = decoder.GetTag();
  batch.data_stream = core::StreamId(static_cast<std::uint32_t>(GetBelow(decoder, 1U << 31)));
  batch.ack_stream = core::StreamId(static_cast<std::uint32_t>(GetBelow(decoder, 1U << 31)));
  batch.ack = GetReport(type, phi, decoder);
  if ((type & kHasData) != 0) batch.data = GetData(decoder);
  return batch;
}

Broadcast DecodeArtifactBroadcast(core::Decoder& decoder) {
  Broadcast broadcast;
  broadcast.stream = core::StreamId(static_cast<std::uint32_t>(GetBelow(decoder, 1U << 31)));
  broadcast.cumulative = GetBelow(decoder, kPositionMax);
  broadcast.data = GetData(decoder);
  return broadcast;
}

}  // namespace lockstep::picsou
