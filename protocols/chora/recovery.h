// Recovery without a disk: where the floor of a replica lies that has forgotten its promises.
//
// It asks all others for the highest round on which they, or it through them, may have acted; a
// quorum of answers to this very incarnation includes one that remembers the frontier at the crash.
// All that was forgotten lies at most W_hard above that, so the floor is the maximum + W_hard + 1,
// and the replica never acts at or below it, in any role. Any larger answer is safe.
//
// Chora-R, a reconstruction; the paper's body was not available.

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "protocols/chora/slot.h"

namespace lockstep::chora {

class Recovery {
 public:
  Recovery(std::uint64_t incarnation, std::uint32_t quorum, std::uint64_t hard_window)
      : incarnation_(incarnation), quorum_(quorum), hard_window_(hard_window) {}

  // `acted_end`: one past the highest round of that answer. Returns the first round above the
  // floor when a quorum has answered.
  std::optional<std::uint64_t> OnAnswer(std::uint32_t from, std::uint64_t asked_by,
                                        std::uint64_t acted_end) {
    if (asked_by != incarnation_) return std::nullopt;
    answered_ |= Bit(from);
    acted_end_ = std::max(acted_end_, acted_end);
    if (CountBits(answered_) < quorum_) return std::nullopt;
    return acted_end_ + hard_window_ + 1;
  }

 private:
  std::uint64_t incarnation_;
  std::uint32_t quorum_;
  std::uint64_t hard_window_;
  std::uint64_t answered_ = 0;
  std::uint64_t acted_end_ = 0;
};

}  // namespace lockstep::chora
