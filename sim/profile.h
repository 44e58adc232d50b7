// What a machine costs: NIC, stages and prices, clocks. Read from JSON, each number with its
// source.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "protocols/core/effects.h"
#include "protocols/core/ids.h"
#include "protocols/core/time.h"
#include "protocols/parameters.h"

namespace lockstep::sim {

// Price of one kind of work, on the stage that does it.
struct Price {
  std::size_t stage = 0;  // index into Profile::stages
  core::Duration per_unit;
  core::Duration per_byte;
};

struct Profile {
  std::string name;

  // Network card. Queues are drop-tail, in bytes on the wire.
  std::int64_t nic_rate_bps = 0;
  core::ByteCount tx_queue;
  core::ByteCount rx_queue;
  // A packet of up to `mtu_payload` bytes of payload carries `header` bytes more on the wire.
  core::ByteCount mtu_payload;
  core::ByteCount header;

  // FIFO servers, one core each. Stage 0 receives, stage 1 runs the node, stage 2 sends; others
  // may follow.
  std::vector<std::string> stages;
  static constexpr std::size_t kReceiveStage = 0;
  static constexpr std::size_t kProtocolStage = 1;
  static constexpr std::size_t kSendStage = 2;
  // What receiving and sending one message costs without being declared, on stages 0 and 2; and one
  // call of the node, on stage 1.
  Price receive_message;
  Price send_message;
  Price call;
  std::array<Price, core::kWorkNames.size()> prices;  // prices[Work]

  // Each host draws its clocks' offsets within +-offset_max and drifts within +-drift_ppb_max; the
  // synced clock has bounds of its own.
  core::Duration clock_offset_max;
  std::int64_t clock_drift_ppb_max = 0;
  core::Duration synced_offset_max;
  std::int64_t synced_drift_ppb_max = 0;
};

// Reads the profile that `profile` stands for; each of its numbers is {"value": ..., "source":
// ...}.
absl::StatusOr<Profile> ReadProfile(const Parameters& profile);

}  // namespace lockstep::sim
