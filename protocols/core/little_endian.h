// Numbers as little-endian bytes, the order in which all our messages hold them.
//
// Written so that compilers make one load or store of it.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lockstep::core {

// The number in the `kBytes` bytes at `raw`.
template <std::size_t kBytes>
std::uint64_t LoadLittle(const void* raw) {
  static_assert(kBytes <= sizeof(std::uint64_t));
  std::uint64_t value = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&value, raw, kBytes);
  } else {
    const auto* bytes = static_cast<const std::uint8_t*>(raw);
    for (std::size_t i = 0; i < kBytes; ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
  }
  return value;
}

// Writes the lower `kBytes` bytes of `value` to `raw`.
template <std::size_t kBytes>
void StoreLittle(std::uint64_t value, void* raw) {
  static_assert(kBytes <= sizeof(std::uint64_t));
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(raw, &value, kBytes);
  } else {
    auto* bytes = static_cast<std::uint8_t*>(raw);
    for (std::size_t i = 0; i < kBytes; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
}

}  // namespace lockstep::core
