// Encoding of messages: see wire.h.

#include "protocols/core/wire.h"

#include <array>
#include <span>
#include <string_view>

namespace lockstep::core {

void Encoder::Put(std::uint64_t value, int bytes) {
  std::array<char, 8> raw;
  for (int i = 0; i < bytes; ++i) {
    raw[static_cast<std::size_t>(i)] = static_cast<char>(value >> (8 * i));
  }
  builder_.Append(std::string_view(raw.data(), static_cast<std::size_t>(bytes)));
}

void Encoder::PutRun(const Run& run) {
  U64(run.first);
  U64(run.count);
  U64(run.stride);
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
  std::array<std::uint8_t, 8> raw{};
  bytes_.CopyTo(at_, std::span(raw).first(bytes));
  at_ += bytes;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value |= static_cast<std::uint64_t>(raw[i]) << (8 * i);
  return value;
}

Run Decoder::GetRun() {
  Run run;
  run.first = U64();
  run.count = U64();
  run.stride = U64();
  // A run must not wrap around: its last number has to exist. Halves of the range are ample.
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  const bool sane = run.first < kMost && run.count < kMost && run.stride > 0 &&
                    (run.count == 0 || run.stride <= (kMost - run.first) / run.count);
  if (!sane) {
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
