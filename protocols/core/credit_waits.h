// The credit that a layer lacks towards its peers, asked for once.

#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "protocols/core/effects.h"
#include "protocols/core/ids.h"

namespace lockstep::core {

class CreditWaits {
 public:
  // Of the peers first .. first + count - 1.
  CreditWaits(NodeId first, std::uint32_t count) : first_(first), waits_(count) {}

  // The layer could go on towards this peer with `bytes`; of several such wishes the least counts.
  void Want(std::uint32_t peer, std::uint64_t bytes) {
    std::uint64_t& wanted = waits_[peer].wanted;
    wanted = wanted == 0 ? bytes : std::min(wanted, bytes);
    is_any_wanted_ = true;
  }
  // Ends a call: lists what was wanted in it, but for what the world has been asked already.
  void List(Effects& out) {
    if (!std::exchange(is_any_wanted_, false)) return;
    for (std::uint32_t peer = 0; peer < waits_.size(); ++peer) {
      Wait& wait = waits_[peer];
      const std::uint64_t wanted = std::exchange(wait.wanted, 0);
      if (wanted == 0 || wanted == wait.asked) continue;
      wait.asked = wanted;
      out.AwaitWritable(NodeId(first_.value() + peer),
                        ByteCount(static_cast<std::int64_t>(wanted)));
    }
  }
  // OnWritable has come, and comes no more unless it is asked for.
  void Forget(std::uint32_t peer) { waits_[peer].asked = 0; }

 private:
  struct Wait {
    std::uint64_t wanted = 0;  // in this call; 0: nothing
    std::uint64_t asked = 0;
  };

  NodeId first_;
  bool is_any_wanted_ = false;
  std::vector<Wait> waits_;  // waits_[peer]
};

}  // namespace lockstep::core
