// XXH3 behind hash.h.

#include "protocols/core/hash.h"

#include <bit>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace lockstep::core {

// Words are hashed as they lie in memory; a big-endian port would have to swap them first.
static_assert(std::endian::native == std::endian::little);

std::uint64_t HashBytes(const void* data, std::size_t size) {
  return size == 0 ? 0 : XXH3_64bits(data, size);
}

std::uint64_t HashWords(std::span<const std::uint64_t> words) {
  return HashBytes(words.data(), words.size_bytes());
}

Hash128 HashWords128(std::span<const std::uint64_t> words, std::uint64_t seed) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(words.data(), words.size_bytes(), seed);
  return Hash128{hash.low64, hash.high64};
}

}  // namespace lockstep::core
