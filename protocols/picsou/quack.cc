// Quorum acknowledgements: see quack.h.

#include "protocols/picsou/quack.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "protocols/core/check.h"
#include "protocols/core/quorum.h"

namespace lockstep::picsou {

QuackCounter::QuackCounter(std::uint32_t receivers, std::uint64_t acks_needed,
                           std::vector<std::uint32_t> stake)
    : acks_(receivers) {
  OnView(acks_needed, std::move(stake));
}

void QuackCounter::OnView(std::uint64_t acks_needed, std::vector<std::uint32_t> stake) {
  CHECK(acks_needed >= 1);
  CHECK(stake.empty() || stake.size() == acks_.size());
  CHECK(acks_needed <= (stake.empty()
                            ? acks_.size()
                            : std::accumulate(stake.begin(), stake.end(), std::uint64_t{0})));
  acks_needed_ = acks_needed;
  stake_ = std::move(stake);
  std::fill(acks_.begin(), acks_.end(), 0);
}

std::optional<std::uint64_t> QuackCounter::Ack(std::uint32_t receiver, std::uint64_t cumulative) {
  if (cumulative <= acks_[receiver]) return std::nullopt;
  acks_[receiver] = cumulative;
  // What is not above the QUACK raises nothing.
  if (cumulative <= quack_) return std::nullopt;
  const std::uint64_t reached = stake_.empty() ? core::ReachedBy(acks_, acks_needed_)
                                               : core::ReachedByStake(acks_, stake_, acks_needed_);
  if (reached <= quack_) return std::nullopt;
  quack_ = reached;
  return quack_;
}

}  // namespace lockstep::picsou
