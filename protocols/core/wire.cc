// Encoding of messages: see wire.h.

#include "protocols/core/wire.h"

#include <array>
#include <span>
#include <string_view>

#include "protocols/core/little_endian.h"

namespace lockstep::core {
namespace {

constexpr std::size_t kRunBytes = 24;

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
  StoreLittle<8>(value, raw.data());
  builder_.Append(std::string_view(raw.data(), bytes));
}

void Encoder::PutRun(const Run& run) {
  std::array<char, kRunBytes> raw;
  StoreLittle<8>(run.first, raw.data());
  StoreLittle<8>(run.count, raw.data() + 8);
  StoreLittle<8>(run.stride, raw.data() + 16);
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
  std::array<std::uint8_t, 8> raw = {};
  bytes_.CopyTo(at_, std::span(raw).first(bytes));
  at_ += bytes;
  return LoadLittle<8>(raw.data());
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
  run.first = LoadLittle<8>(raw.data());
  run.count = LoadLittle<8>(raw.data() + 8);
  run.stride = LoadLittle<8>(raw.data() + 16);
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
