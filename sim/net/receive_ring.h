// What waits between a card and its host's receive stage.

#pragma once

#include <cstdint>

#include "protocols/core/ids.h"
#include "sim/profile.h"

namespace lockstep::sim {

class ReceiveRing {
 public:
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
};

}  // namespace lockstep::sim
