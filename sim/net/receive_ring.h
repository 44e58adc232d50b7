// What waits between a card and its host's receive stage.

#pragma once

#include <algorithm>
#include <cstdint>

#include "protocols/core/ids.h"
#include "protocols/core/random.h"
#include "protocols/core/time.h"
#include "sim/profile.h"

namespace lockstep::sim {

class ReceiveRing {
 public:
  explicit ReceiveRing(core::Random random) : random_(random) {}

  // When a packet that has come whole is where the receive stage sees it. Packets keep the order in
  // which they come.
  core::Instant ReadyAt(core::Instant now, core::ByteCount size, const NicSpec& nic) {
    core::Duration latency = nic.dma_per_byte * size.value();
    latency += nic.rx_latency.Sample(random_);
    latency += nic.poll_delay.Sample(random_);
    return ready_ = std::max(ready_, now + latency);
  }
  bool HasRoomFor(core::ByteCount size, const RingSpec& room) const {
    if (room.bytes.value() > 0 && bytes_ + size > room.bytes) return false;
    return room.descriptors == 0 || packets_ < room.descriptors;
  }
  void Put(core::ByteCount size) {
    bytes_ = bytes_ + size;
    ++packets_;
  }
  void Release(core::ByteCount size, std::uint64_t packets) {
    bytes_ = bytes_ - size;
    packets_ -= packets;
  }

 private:
  core::ByteCount bytes_;  // on the wire
  std::uint64_t packets_ = 0;
  core::Instant ready_;  // of the packet before
  core::Random random_;
};

}  // namespace lockstep::sim
