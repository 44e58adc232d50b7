// Distributions as scenarios and profiles write them.
//
// Provisional: reads constants and uniform distributions alone.

#pragma once

#include <string_view>

#include "protocols/parameters.h"
#include "sim/distribution.h"

namespace lockstep::sim {

// "45ns", or an object of components that are added: {"constant": "1us", "uniform": {"from": "0ns",
// "to": "5ns"}}. An error is recorded in `parent`.
Distribution ReadDistribution(Parameters& parent, std::string_view key);

}  // namespace lockstep::sim
