// What at least one correct replica must have said, of numbers that replicas state.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace lockstep::core {

// The greatest number that at least `count` of these reach; `count` is from 1 to their number. With
// one more than may be wrong, a correct one is among them.
inline std::uint64_t ReachedBy(std::vector<std::uint64_t> numbers, std::size_t count) {
  const auto at = numbers.begin() + static_cast<std::ptrdiff_t>(count - 1);
  std::nth_element(numbers.begin(), at, numbers.end(), std::greater<>());
  return *at;
}

}  // namespace lockstep::core
