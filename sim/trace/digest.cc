// The fold of digest.h.

#include "sim/trace/digest.h"

#include <array>
#include <string_view>

namespace lockstep::trace {
namespace {

constexpr std::uint64_t kSeed = 0x6C6F'636B'7374'6570;  // "lockstep"

}  // namespace

void Digest::OnEvent(const Event& event) {
  const std::array<std::uint64_t, 13> words = {
      chain_.low,
      chain_.high,
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
  chain_ = core::HashWords128(words, kSeed);
  ++events_;
}

std::string Digest::Hex() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const std::uint64_t half : {chain_.high, chain_.low})
    for (int shift = 60; shift >= 0; shift -= 4) hex += kDigits[(half >> shift) & 0xF];
  return hex;
}

}  // namespace lockstep::trace
