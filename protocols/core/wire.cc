// Encoding of messages: see wire.h.

#include "protocols/core/wire.h"

#include <array>
#include <span>
#include <string_view>

namespace lockstep::core {
namespace {

constexpr std::size_t kRunBytes = 24;

std::uint64_t ReadNumber(std::span<const std::uint8_t> raw) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < raw.size(); ++i) value |= std::uint64_t{raw[i]} << (8 * i);
  return value;
}

void WriteNumber(std::uint64_t value, std::span<char> raw) {
  for (std::size_t i = 0; i < raw.size(); ++i) raw[i] = static_cast<char>(value >> (8 * i));
}

// A run must not wrap around: its last number has to exist. Halves of the range are ample.
bool IsSane(const Run& run) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  if (run.first >= kMost || run.count >= kMost || run.stride == 0) return false;
  // As nearly always, and without the division.
  constexpr std::uint64_t kSmall = std::uint64_t{1} << 30;
  if (run.first < kMost / 2 && run.count < kSmall && run.stride < kSmall) return true;
  return run.count == 0 || run.stride <= (kMost - run.first) / run.count;
}

}  // namespace

void Encoder::Put(std::uint64_t value, std::size_t bytes) {
  std::array<char, 8> raw;
  WriteNumber(value, std::span(raw).first(bytes));
  builder_.Append(std::string_view(raw.data(), bytes));
}

void Encoder::PutRun(const Run& run) {
  std::array<char, kRunBytes> raw;
  WriteNumber(run.first, std::span(raw).subspan<0, 8>());
  WriteNumber(run.count, std::span(raw).subspan<8, 8>());
  WriteNumber(run.stride, std::span(raw).subspan<16, 8>());
  builder_.Append(std::string_view(raw.data(), raw.size()));
}

void Encoder::PutTag(const Tag& tag) {
  U64(tag.low);
  U64(tag.high);
}

void Encoder::PadTo(std::uint64_t size) {
  if (builder_.size() < size) builder_.AppendZeros(size - builder_.size());
}

std::uint64_t Decoder::Get(std::uint64_t bytes) {
  if (!ok_ || remaining() < bytes) {
    ok_ = false;
    return 0;
  }
  std::array<std::uint8_t, 8> raw;
  bytes_.CopyTo(at_, std::span(raw).first(bytes));
  at_ += bytes;
  return ReadNumber(std::span(raw).first(bytes));
}

Run Decoder::GetRun() {
  if (!ok_ || remaining() < kRunBytes) {
    ok_ = false;
    return Run{};
  }
  std::array<std::uint8_t, kRunBytes> raw;
  bytes_.CopyTo(at_, raw);
  at_ += kRunBytes;
  Run run;
  run.first = ReadNumber(std::span(raw).subspan<0, 8>());
  run.count = ReadNumber(std::span(raw).subspan<8, 8>());
  run.stride = ReadNumber(std::span(raw).subspan<16, 8>());
  if (!IsSane(run)) {
    ok_ = false;
    return Run{};
  }
  return run;
}

Tag Decoder::GetTag() {
  Tag tag;
  tag.low = U64();
  tag.high = U64();
  return tag;
}

Bytes Decoder::Content(std::uint64_t size) {
  if (!ok_ || remaining() < size) {
    ok_ = false;
    return Bytes();
  }
  at_ += size;
  return bytes_.Slice(at_ - size, size);
}

}  // namespace lockstep::core
