// The fold of digest.h.

#include "sim/trace/digest.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace lockstep::trace {
namespace {

constexpr std::uint64_t kSeed = 0x6C6F'636B'7374'6570;  // "lockstep"

}  // namespace

void Digest::OnEvent(const Event& event) {
  const std::array<std::uint64_t, kWords> words = {
      static_cast<std::uint64_t>(event.at.ps()),
      static_cast<std::uint64_t>(event.kind) | std::uint64_t{event.layer.value()} << 8 |
          std::uint64_t{event.stream.value()} << 32,
      std::uint64_t{event.node.value()} | std::uint64_t{event.peer.value()} << 32,
      static_cast<std::uint64_t>(event.size.value()),
      event.note.id(),
      event.value,
      event.detail,
      event.further,
      event.digest,
      event.count,
      event.stride};
  std::copy(words.begin(), words.end(), block_.begin() + static_cast<std::ptrdiff_t>(filled_));
  filled_ += kWords;
  ++events_;
  if (filled_ < block_.size()) return;
  chain_ = value();
  block_[0] = chain_.low;
  block_[1] = chain_.high;
  filled_ = 2;
}

core::Hash128 Digest::value() const {
  if (filled_ == 2) return chain_;
  return core::HashWords128(std::span(block_).first(filled_), kSeed);
}

std::string Digest::Hex() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  const core::Hash128 digest = value();
  for (const std::uint64_t half : {digest.high, digest.low})
    for (int shift = 60; shift >= 0; shift -= 4) hex += kDigits[(half >> shift) & 0xF];
  return hex;
}

}  // namespace lockstep::trace
