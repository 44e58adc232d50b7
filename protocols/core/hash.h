// Hashing of words and bytes: the one place that names the hash function.
//
// XXH3 (libxxhash), fed little-endian words field by field, never structs with padding, so that a
// digest is the same on every machine.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lockstep::core {

struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
};

std::uint64_t HashBytes(const void* data, std::size_t size);
std::uint64_t HashWords(std::span<const std::uint64_t> words);
// Keyed by `seed`: another seed gives an unrelated function.
Hash128 HashWords128(std::span<const std::uint64_t> words, std::uint64_t seed);

// One number out of two, order-sensitive (the finaliser of splitmix64 over both).
constexpr std::uint64_t Mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t z = a * 0x9E3779B97F4A7C15U + b + 0x632BE59BD9B4E019U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

}  // namespace lockstep::core
