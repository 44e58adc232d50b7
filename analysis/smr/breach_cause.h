// Why a message came too late for the vote on it: the first of some causes whose removal alone
// would have brought it in time.
//
// Chora-R, a reconstruction; the paper's body was not available.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "protocols/core/time.h"

namespace lockstep::analysis {

// In the order in which they are asked.
enum class BreachCause : std::uint8_t {
  kCrashed,        // its sender was down, or had lost its memory
  kSenderStall,    // its sender stood still: it was sent late, or its round was passed over
  kLost,           // it was destroyed on its way
  kQueueing,       // it stood behind other packets, longer than those of its round account for
  kReceiverStall,  // its receiver stood still while it waited
  kSkew,           // its sender's round began later than its receiver's clock expected
  kLatency,        // nothing of that: the round is too short
};
inline constexpr std::array<std::string_view, 7> kBreachCauses = {
    "crashed", "sender_stall", "lost", "queueing", "receiver_stall", "skew", "latency"};

constexpr std::string_view Name(BreachCause cause) {
  return kBreachCauses[static_cast<std::size_t>(cause)];
}

// What delayed a message that came; none of these is negative.
struct Delays {
  core::Duration sender_stall;
  core::Duration queueing;
  core::Duration receiver_stall;
  core::Duration skew;
};

// Of a message that was handled `over_by` after the boundary, 0 where it was at the same instant.
constexpr BreachCause CauseOf(const Delays& delays, core::Duration over_by) {
  const auto explains = [&](core::Duration delay) { return delay > over_by; };
  if (explains(delays.sender_stall)) return BreachCause::kSenderStall;
  if (explains(delays.queueing)) return BreachCause::kQueueing;
  if (explains(delays.receiver_stall)) return BreachCause::kReceiverStall;
  if (explains(delays.skew)) return BreachCause::kSkew;
  return BreachCause::kLatency;
}

}  // namespace lockstep::analysis
