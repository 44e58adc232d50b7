// How far an event that stands for many facts is looked at one by one.

#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/trace/event.h"

namespace lockstep::analysis {

// More slots or rounds than any message speaks of, from its first to its last; a line that speaks of
// more is made up, and would keep us busy. Nor does any run come so far as the end.
inline constexpr std::uint64_t kUnfoldedMost = std::uint64_t{1} << 16;
inline constexpr std::uint64_t kUnfoldedEnd = std::uint64_t{1} << 62;

// Of the `count` facts of the event, the first so many are looked at.
inline std::uint64_t Unfolded(const trace::Event& event) {
  const core::Run run = event.run();
  if (run.first >= kUnfoldedEnd) return 0;
  const std::uint64_t apart = std::max<std::uint64_t>(run.stride, 1);
  return std::min(run.count, std::max<std::uint64_t>(kUnfoldedMost / apart, 1));
}

}  // namespace lockstep::analysis
