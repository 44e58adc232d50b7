// Copies that wait to be sent again, at most one of each position.
//
// A position of which a copy waits is given to no second receiver: an attempt that designates this
// replica again moves the copy to where that attempt sends it. So a receiver that takes nothing
// doesn't fill this replica with copies for it, nor keep it from asking the next one.
//
// Source: decided here: complaints go on while a copy waits for credit,
// and a copy more for each of them is more than any credit can carry.

#pragma once

#include <cstdint>

#include "protocols/core/batcher.h"
#include "protocols/core/interval_map.h"
#include "protocols/core/lane_line.h"
#include "protocols/core/run.h"
#include "protocols/core/time.h"

namespace lockstep::picsou {

class ResendQueue {
 public:
  // `lanes`: those of the schedule.
  ResendQueue(const core::Batcher::Config& config, std::uint64_t lanes)
      : batcher_(config), line_(lanes) {}

  // `item`, of positions in one lane, is to go to `receiver`.
  void Queue(std::uint32_t receiver, const core::Batcher::Item& item, core::Instant now);
  bool IsDue(std::uint32_t receiver, core::Instant now) const {
    return batcher_.IsDue(receiver, now);
  }
  // As a Batcher's.
  core::Batcher::Batch Take(std::uint32_t receiver, core::Instant now, std::int64_t credit);
  // Forgets all that waits, and goes by another schedule's lanes.
  void OnView(std::uint64_t lanes);
  // Forgets what waits below `number`.
  void DropBelow(std::uint64_t number);

 private:
  core::Batcher batcher_;
  core::LaneLine line_;
  core::IntervalMap<std::uint32_t> waiting_;  // for which receiver, by place
};

}  // namespace lockstep::picsou
