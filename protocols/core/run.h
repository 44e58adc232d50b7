// A run of sequence numbers: first, first + stride, ..., `count` of them.
//
// Rotation makes a replica's share of a stream such a run, so one run stands for thousands of
// messages wherever nothing tells them apart.

#pragma once

#include <cstdint>

#include "protocols/core/check.h"

namespace lockstep::core {

struct Run {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::uint64_t stride = 1;

  // The i-th number of the run.
  constexpr std::uint64_t At(std::uint64_t i) const { return first + i * stride; }
  // The greatest number; the run must not be empty.
  constexpr std::uint64_t Last() const { return At(count - 1); }
  // The `n` numbers from the i-th on.
  constexpr Run Part(std::uint64_t i, std::uint64_t n) const { return Run{At(i), n, stride}; }

  friend constexpr bool operator==(const Run&, const Run&) = default;
};

// Splits a run into the residue classes ("lanes") modulo `period`, where it is made of intervals:
// number = lane + period * index. Calls `visit(lane, begin, end)` with half-open index intervals,
// in ascending order of `begin` within a lane. A run whose stride is `period` is one interval.
template <typename Visit>
void ForEachLane(const Run& run, std::uint64_t period, Visit&& visit) {
  CHECK(period > 0);
  if (run.count == 0) return;
  if (run.count == 1 || run.stride == period) {
    const std::uint64_t begin = run.first / period;
    visit(run.first % period, begin, begin + run.count);
    return;
  }
  if (period % run.stride == 0) {
    // Every lane is met again after `cycle` steps, exactly one index further on.
    const std::uint64_t cycle = period / run.stride;
    for (std::uint64_t i = 0; i < cycle && i < run.count; ++i) {
      const std::uint64_t begin = run.At(i) / period;
      visit(run.At(i) % period, begin, begin + (run.count - i + cycle - 1) / cycle);
    }
    return;
  }
  for (std::uint64_t i = 0; i < run.count; ++i) {
    const std::uint64_t begin = run.At(i) / period;
    visit(run.At(i) % period, begin, begin + 1);
  }
}

}  // namespace lockstep::core
