// Philox behind random.h.

#include "protocols/core/random.h"

#include "absl/numeric/int128.h"
#include <Random123/philox.h>

#include "protocols/core/check.h"
#include "protocols/core/hash.h"

namespace lockstep::core {

Random Random::Fork(std::string_view name) const {
  Random fork(seed_);
  fork.stream_ = Mix(stream_, HashBytes(name.data(), name.size()) + 1);
  return fork;
}

std::uint64_t Random::FirstHalf() {
  const std::uint64_t number = index_ / 2;
  r123::Philox4x32 philox;
  const r123::Philox4x32::ctr_type counter = {
      static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number >> 32),
      static_cast<std::uint32_t>(stream_), static_cast<std::uint32_t>(stream_ >> 32)};
  const r123::Philox4x32::key_type key = {static_cast<std::uint32_t>(seed_),
                                          static_cast<std::uint32_t>(seed_ >> 32)};
  const r123::Philox4x32::ctr_type block = philox(counter, key);
  second_half_ = (static_cast<std::uint64_t>(block[3]) << 32) | block[2];
  return (static_cast<std::uint64_t>(block[1]) << 32) | block[0];
}

std::uint64_t Random::Below(std::uint64_t bound) {
  CHECK(bound > 0);
  absl::uint128 product = absl::uint128(Next()) * bound;
  if (absl::Uint128Low64(product) < bound) {
    const std::uint64_t threshold = (0 - bound) % bound;
    while (absl::Uint128Low64(product) < threshold) product = absl::uint128(Next()) * bound;
  }
  return absl::Uint128High64(product);
}

bool Random::Chance(std::uint64_t numerator, std::uint64_t denominator) {
  return Below(denominator) < numerator;
}

}  // namespace lockstep::core
