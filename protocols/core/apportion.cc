// The largest remainders: see apportion.h.

#include "protocols/core/apportion.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "absl/numeric/int128.h"

#include "protocols/core/check.h"

namespace lockstep::core {

std::vector<std::uint64_t> Apportion(std::span<const std::uint32_t> stake, std::uint64_t quantum) {
  const std::uint64_t sum = std::accumulate(stake.begin(), stake.end(), std::uint64_t{0});
  CHECK(sum > 0);
  std::vector<std::uint64_t> shares;
  std::vector<std::uint64_t> remainders;  // of stake * quantum / sum
  std::uint64_t left = quantum;
  for (const std::uint32_t each : stake) {
    const absl::uint128 product = absl::uint128(each) * quantum;
    shares.push_back(static_cast<std::uint64_t>(product / sum));
    remainders.push_back(static_cast<std::uint64_t>(product % sum));
    left -= shares.back();
  }
  std::vector<std::size_t> order(stake.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
  // Remainders sum up to `left` times the sum, so there are more of them above zero than are left.
  CHECK(left < stake.size());
  for (std::size_t i = 0; i < left; ++i) ++shares[order[i]];
  return shares;
}

}  // namespace lockstep::core
