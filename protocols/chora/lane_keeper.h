// Which changes of lanes a replica asks for: its own lane back, and silent lanes away.
//
// A lane is given up by whoever has executed K_dead D of its slots in a row that came to nothing
// *and* has heard no round of its owner for as long; either alone would throw out live lanes after
// a long stall. What is asked for is asked again every 4D rounds until the lane's state changes.
//
// Chora-R, a reconstruction; the paper's body was not available.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "protocols/chora/board.h"
#include "protocols/chora/config.h"
#include "protocols/chora/executor.h"
#include "protocols/chora/peers.h"

namespace lockstep::chora {

class LaneKeeper {
 public:
  LaneKeeper(const Config& config, const Board& board) : config_(config), board_(board) {}

  // What to ask for in own round `now`, as a rule nothing. `started`: the own round in which this
  // incarnation began.
  std::vector<Reconf> Wishes(const Executor& executor, const std::vector<Peer>& peers,
                             std::uint64_t started, std::uint64_t now) {
    std::vector<Reconf> wishes;
    if (now < next_ || !board_.is_acting()) return wishes;
    const Lanes& lanes = board_.lanes();
    const std::uint64_t active = lanes.newest();
    if (!Has(active, board_.self())) {
      wishes.push_back({board_.self(), true, lanes.EpochOf(board_.self())});
    }
    if (CountBits(active) > board_.quorum()) {
      ForEachBit(active & ~Bit(board_.self()), [&](std::uint32_t lane) {
        const std::uint64_t heard = std::max(peers[lane].last_heard, started);
        const std::uint64_t patience = config_.dead_rounds * config_.depth;
        if (executor.NoopsOf(lane) < patience || now < heard + patience) return;
        if (wishes.size() < Batch::kReconfsMax) {
          wishes.push_back({lane, false, lanes.EpochOf(lane)});
        }
      });
    }
    if (!wishes.empty()) next_ = now + 4 * config_.depth;
    return wishes;
  }

 private:
  const Config& config_;
  const Board& board_;
  std::uint64_t next_ = 0;  // own round from which the next wish may be said
};

}  // namespace lockstep::chora
