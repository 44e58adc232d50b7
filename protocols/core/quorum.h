// What at least one correct replica must have said, of numbers that replicas state.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace lockstep::core {

// The greatest number that at least `count` of these reach; `count` is from 1 to their number. With
// one more than may be wrong, a correct one is among them.
inline std::uint64_t ReachedBy(std::vector<std::uint64_t> numbers, std::size_t count) {
  const auto at = numbers.begin() + static_cast<std::ptrdiff_t>(count - 1);
  std::nth_element(numbers.begin(), at, numbers.end(), std::greater<>());
  return *at;
}

// The same by stake: the greatest number that replicas of stake `amount` reach, `stake[i]` being
// that of the one that states `numbers[i]`; 0 where all together have less. `amount` is above 0.
inline std::uint64_t ReachedByStake(std::span<const std::uint64_t> numbers,
                                    std::span<const std::uint32_t> stake, std::uint64_t amount) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> stated;  // number, stake
  for (std::size_t i = 0; i < numbers.size(); ++i) stated.emplace_back(numbers[i], stake[i]);
  std::sort(stated.begin(), stated.end(), std::greater<>());
  std::uint64_t reached = 0;
  for (const auto& [number, weight] : stated) {
    reached += weight;
    if (reached >= amount) return number;
  }
  return 0;
}

}  // namespace lockstep::core
