// Clients that a fault adds, and that note nothing of what they ask.

#pragma once

#include <algorithm>
#include <cstdint>

#include "analysis/recipe.h"

namespace lockstep::analysis {

// They have numbers from here on: a spike of load counts them from above.
inline constexpr std::uint64_t kFirstOther = std::uint64_t{1} << 63;

// Whether there may be such in the run: what they ask is then in no history.
inline bool HasOthers(const Recipe& recipe) {
  return std::any_of(recipe.faults.begin(), recipe.faults.end(),
                     [](const DeclaredFault& fault) { return fault.kind == "load_spike"; });
}

}  // namespace lockstep::analysis
