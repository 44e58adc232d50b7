// Sharing messages out by stake: Hamilton's method, of the largest remainders.
//
// Source: the Picsou paper, section 5 (the dynamic sharewise scheduler).

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace lockstep::core {

// How many of `quantum` messages fall to each holder of `stake`, whose sum is above zero:
// floor(stake * quantum / sum), and of those that are left one each by decreasing fractional part,
// among equals to the lower index. A share may be zero; all together are `quantum`.
std::vector<std::uint64_t> Apportion(std::span<const std::uint32_t> stake, std::uint64_t quantum);

}  // namespace lockstep::core
