// `delay` and `reorder`: how much later a message comes. Each draws for itself, so that one may
// pass another. What tells them apart is their receipts: a delay has changed something where a
// message was late, a reordering only where one was passed.

#pragma once

#include <cstdint>

#include "protocols/core/random.h"
#include "protocols/core/time.h"
#include "sim/fault/fault.h"

namespace lockstep::sim {

// Drawn evenly from [min, max], to the picosecond.
inline core::Duration DrawLateness(const Lateness& late, core::Random& random) {
  const auto span = static_cast<std::uint64_t>((late.max - late.min).ps()) + 1;
  return late.min + core::Duration::Picoseconds(static_cast<std::int64_t>(random.Below(span)));
}

}  // namespace lockstep::sim
