// The packet memory of a switch, shared by all of its ports: drop-tail over what waits or is in
// service at any of them.

#pragma once

#include <cstdint>
#include <queue>
#include <vector>

#include "protocols/core/ids.h"
#include "protocols/core/time.h"

namespace lockstep::sim {

class SharedBuffer {
 public:
  explicit SharedBuffer(core::ByteCount capacity) : capacity_(capacity) {}

  bool HasRoomFor(core::Instant now, core::ByteCount size) {
    while (!held_.empty() && held_.top().until <= now) {
      used_ = used_ - held_.top().size;
      held_.pop();
    }
    return used_ + size <= capacity_;
  }
  // Holds `size` bytes until the last of them has left.
  void Hold(core::Instant until, core::ByteCount size) {
    used_ = used_ + size;
    held_.push({until, size});
  }

 private:
  // Equal instants are freed together, so their order means nothing.
  struct Held {
    core::Instant until;
    core::ByteCount size;
    friend bool operator<(const Held& a, const Held& b) { return a.until > b.until; }
  };
  core::ByteCount capacity_;
  core::ByteCount used_;
  std::priority_queue<Held> held_;
};

}  // namespace lockstep::sim
