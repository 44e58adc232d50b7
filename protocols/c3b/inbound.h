// The receiving side of one stream at one replica: delivers each message once.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/effects.h"
#include "protocols/core/ids.h"
#include "protocols/core/log.h"
#include "protocols/core/records.h"
#include "protocols/core/seq_set.h"
#include "protocols/core/time.h"

namespace lockstep::c3b {

class Inbound {
 public:
  // `period`: the stride of the runs in which the stream comes. `owner` outlives this.
  Inbound(core::StreamId stream, core::LogOwner& owner, std::uint64_t period)
      : stream_(stream), owner_(owner), held_(period) {}

  // Delivers what was not held before, and returns it.
  std::vector<core::Records> Receive(const core::Now& now, const std::vector<core::Records>& data,
                                     core::Effects& out);
  // How many are held from 0 on without a gap.
  std::uint64_t Frontier() const { return held_.Frontier(); }

 private:
  core::StreamId stream_;
  core::LogOwner& owner_;
  core::SeqSet held_;
};

}  // namespace lockstep::c3b
