// Who a message is, from the moment a node lists it until it is handed over or destroyed.

#pragma once

#include <compare>
#include <cstdint>

#include "protocols/core/ids.h"

namespace lockstep::trace {

// The `count`-th message of the machine `sender`; the count runs on over restarts, and 0 names no
// message. Fragments and retransmissions keep it. A copy that the world makes has another `copy`.
struct MessageId {
  core::NodeId sender;
  std::uint32_t copy = 0;
  std::uint64_t count = 0;

  bool is_none() const { return count == 0; }
  friend auto operator<=>(const MessageId&, const MessageId&) = default;
};

}  // namespace lockstep::trace
