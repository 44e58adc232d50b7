// What faults do to a message on its way, above the transport.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/time.h"

namespace lockstep::sim {

struct MessageFate {
  // Copies that a fault makes: each so long behind the one before.
  struct Copies {
    std::size_t fault = 0;
    std::uint32_t count = 0;
    core::Duration spacing;
  };
  bool is_destroyed = false;
  std::optional<core::Bytes> payload;  // what it is instead, if it is damaged
  core::Duration later;                // that it is kept
  std::vector<Copies> copies;
  // It is to be at its receiver no sooner than this: by this fault, which is told if it is later
  // thereby.
  std::optional<std::size_t> breached_by;
  core::Instant not_before;
};

}  // namespace lockstep::sim
