// Draws for whoever makes up scenarios: all from one stream, in a fixed order.

#pragma once

#include <cstdint>

#include "protocols/core/random.h"

namespace lockstep::fuzz {

class Dice {
 public:
  explicit Dice(const core::Random& random) : random_(random) {}

  // From 0 to bound - 1.
  std::uint64_t Below(std::uint64_t bound) { return random_.Below(bound); }
  // Both ends included.
  std::uint64_t Between(std::uint64_t low, std::uint64_t high) {
    return low + Below(high - low + 1);
  }
  bool Percent(std::uint64_t percent) { return random_.Chance(percent, 100); }

 private:
  core::Random random_;
};

}  // namespace lockstep::fuzz
