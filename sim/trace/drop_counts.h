// How many packets and messages were dropped, and their bytes, by cause.

#pragma once

#include <array>
#include <cstdint>

#include "protocols/core/ids.h"
#include "protocols/core/time.h"
#include "sim/trace/emitter.h"
#include "sim/trace/event.h"

namespace lockstep::trace {

class DropCounts {
 public:
  void Add(DropCause cause, core::ByteCount size) {
    Count& count = by_cause_[static_cast<std::size_t>(cause)];
    ++count.drops;
    count.bytes = count.bytes + size;
  }

  // One event for each cause that there was.
  void Emit(core::Instant now, Emitter& emitter) const {
    for (std::size_t cause = 0; cause < by_cause_.size(); ++cause) {
      if (by_cause_[cause].drops == 0) continue;
      Event event;
      event.at = now;
      event.kind = EventKind::kDropped;
      event.value = cause;
      event.detail = by_cause_[cause].drops;
      event.size = by_cause_[cause].bytes;
      emitter.Emit(event);
    }
  }

 private:
  struct Count {
    std::uint64_t drops = 0;
    core::ByteCount bytes;
  };
  std::array<Count, kDropCauses.size()> by_cause_;  // by_cause_[DropCause]
};

}  // namespace lockstep::trace
