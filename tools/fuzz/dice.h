// Draws for whoever makes up scenarios: all from one stream, in a fixed order.

#pragma once

#include <algorithm>
#include <bit>
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
  // Both ends included; each power of two is as likely as the next, so that small numbers come up.
  std::uint64_t Log(std::uint64_t low, std::uint64_t high) {
    const auto width = [](std::uint64_t value) {
      return static_cast<std::uint64_t>(std::bit_width(value));
    };
    const std::uint64_t bits = Between(width(low), width(high));
    const std::uint64_t least = bits == 0 ? 0 : std::uint64_t{1} << (bits - 1);
    const std::uint64_t most = bits == 0 ? 0 : least + (least - 1);
    return Between(std::max(low, least), std::min(high, most));
  }
  template <typename Items>
  const auto& Pick(const Items& items) {
    return items[Below(items.size())];
  }

 private:
  core::Random random_;
};

}  // namespace lockstep::fuzz
