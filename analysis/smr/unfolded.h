// How far an event that stands for many facts is looked at one by one.

#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/trace/event.h"

namespace lockstep::analysis {

// More slots or rounds than any message speaks of; a line that speaks of more is made up, and would
// keep us busy.
inline constexpr std::uint64_t kUnfoldedMost = std::uint64_t{1} << 16;

// Of the `count` facts of the event, the first so many are looked at.
inline std::uint64_t Unfolded(const trace::Event& event) {
  return std::min(event.count, kUnfoldedMost);
}

}  // namespace lockstep::analysis
