// How long light in a fibre takes between two places on Earth.
//
// Integers only, since libm differs between processors.

#pragma once

#include <cstdint>

#include "protocols/core/time.h"

namespace lockstep::sim {

// In units of 1e-7 degrees: a centimetre or so. North and east are positive.
struct Place {
  std::int64_t latitude = 0;   // within +-90 degrees
  std::int64_t longitude = 0;  // within +-180 degrees
};
inline constexpr std::int64_t kPlaceUnitsPerDegree = 10'000'000;

// Great-circle distance on a sphere of radius 6371.0088 km (the mean radius R1 of the IUGG), at two
// thirds of the speed of light, as in glass. Within 1 ns of that formula for any two places; the
// Earth itself is off by up to 0.6 %, and fibres lie where they lie.
core::Duration LightTime(const Place& a, const Place& b);

}  // namespace lockstep::sim
