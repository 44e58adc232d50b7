// What a receiver has delivered and keeps for peers of its own cluster that lack it.
//
// Invariant: holds at most so many bytes of contents, but for the message that came last; what has
// the lowest positions goes first.

#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/btree_map.h"

#include "protocols/core/records.h"

namespace lockstep::c3b {

class Kept {
 public:
  explicit Kept(std::uint64_t bytes_most) : bytes_most_(bytes_most) {}

  // Records that were not there before.
  void Add(const core::Records& records);
  // From `position` on without a gap, as far as it is held; up to the message with which it reaches
  // `bytes`. Empty where that position is not held.
  std::vector<core::Records> From(std::uint64_t position, std::uint64_t bytes) const;

 private:
  std::uint64_t bytes_most_;
  std::uint64_t bytes_ = 0;
  absl::btree_map<std::uint64_t, core::Records> records_;  // by first position; of stride 1
};

}  // namespace lockstep::c3b
