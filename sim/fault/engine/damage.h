// Bytes that come otherwise than they went.

#pragma once

#include <cstdint>
#include <optional>

#include "protocols/core/bytes.h"
#include "protocols/core/random.h"

namespace lockstep::sim {

// So many bits flipped, anywhere in what is held of the bytes; where nothing is held but filler,
// its first run is of another content instead. Nothing where there are no bytes.
std::optional<core::Bytes> WithFlippedBits(const core::Bytes& bytes, std::uint64_t bits,
                                           core::Random& random);

}  // namespace lockstep::sim
