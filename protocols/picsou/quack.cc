// Quorum acknowledgements: see quack.h.

#include "protocols/picsou/quack.h"

#include <algorithm>
#include <functional>

#include "protocols/core/check.h"

namespace lockstep::picsou {

QuackCounter::QuackCounter(std::uint32_t receivers, std::uint32_t acks_needed)
    : acks_needed_(acks_needed), acks_(receivers) {
  CHECK(acks_needed >= 1);
  CHECK(acks_needed <= receivers);
}

std::optional<std::uint64_t> QuackCounter::Ack(std::uint32_t receiver, std::uint64_t cumulative) {
  if (cumulative <= acks_[receiver]) return std::nullopt;
  acks_[receiver] = cumulative;
  std::vector<std::uint64_t> sorted = acks_;
  const auto nth = sorted.begin() + static_cast<std::ptrdiff_t>(acks_needed_) - 1;
  std::nth_element(sorted.begin(), nth, sorted.end(), std::greater<>());
  if (*nth <= quack_) return std::nullopt;
  quack_ = *nth;
  return quack_;
}

}  // namespace lockstep::picsou
