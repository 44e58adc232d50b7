// Rounds read from a synchronised clock: round q begins at A + floor(q L / D).
//
// Chora-R, a reconstruction; the paper's body was not available.

#pragma once

#include <cstdint>

#include "protocols/core/check.h"
#include "protocols/core/time.h"

namespace lockstep::chora {

class RoundClock {
 public:
  RoundClock(core::Instant first_round, core::Duration round_length, std::uint32_t depth)
      : first_(first_round),
        length_ps_(static_cast<std::uint64_t>(round_length.ps())),
        depth_(depth) {
    CHECK(round_length.ps() > 0);
    CHECK(depth > 0);
  }

  // When round `q` begins.
  core::Instant At(std::uint64_t q) const {
    const std::uint64_t ps = q / depth_ * length_ps_ + q % depth_ * length_ps_ / depth_;
    return first_ + core::Duration::Picoseconds(static_cast<std::int64_t>(ps));
  }
  // The greatest round that has begun by `at`, exactly: dividing by L / D falls one short wherever
  // D does not divide q L. Round 0 before its time.
  std::uint64_t RoundAt(core::Instant at) const {
    if (at < first_) return 0;
    // Round q has begun when q L < (x + 1) D, where x is what has passed.
    const auto passed = static_cast<std::uint64_t>((at - first_).ps());
    const std::uint64_t rest = (passed % length_ps_ + 1) * depth_;
    return passed / length_ps_ * depth_ + (rest + length_ps_ - 1) / length_ps_ - 1;
  }

 private:
  core::Instant first_;
  std::uint64_t length_ps_;
  std::uint64_t depth_;
};

}  // namespace lockstep::chora
