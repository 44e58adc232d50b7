// Quorum acknowledgements: see quack.h.

#include "protocols/picsou/quack.h"

#include "protocols/core/check.h"
#include "protocols/core/quorum.h"

namespace lockstep::picsou {

QuackCounter::QuackCounter(std::uint32_t receivers, std::uint32_t acks_needed)
    : acks_needed_(acks_needed), acks_(receivers) {
  CHECK(acks_needed >= 1);
  CHECK(acks_needed <= receivers);
}

std::optional<std::uint64_t> QuackCounter::Ack(std::uint32_t receiver, std::uint64_t cumulative) {
  if (cumulative <= acks_[receiver]) return std::nullopt;
  acks_[receiver] = cumulative;
  const std::uint64_t reached = core::ReachedBy(acks_, acks_needed_);
  if (reached <= quack_) return std::nullopt;
  quack_ = reached;
  return quack_;
}

}  // namespace lockstep::picsou
