// The packet memory of a switch, shared by all of its ports: drop-tail over what waits or is in
// service at any of them.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "protocols/core/check.h"
#include "protocols/core/ids.h"
#include "protocols/core/time.h"

namespace lockstep::sim {

class SharedBuffer {
 public:
  explicit SharedBuffer(core::ByteCount capacity) : capacity_(capacity) {}

  bool HasRoomFor(core::Instant now, core::ByteCount size) {
    while (!held_.empty() && held_.front().until <= now) {
      used_ = used_ - held_.front().size;
      std::pop_heap(held_.begin(), held_.end());
      held_.pop_back();
    }
    return used_ + size <= capacity_;
  }
  // Holds `size` bytes until the last of them has left.
  void Hold(core::Instant until, core::ByteCount size) {
    used_ = used_ + size;
    held_.push_back({until, size});
    std::push_heap(held_.begin(), held_.end());
  }
  // Such bytes are not held until then after all.
  void Forget(core::Instant until, core::ByteCount size) {
    const auto found = std::find_if(held_.begin(), held_.end(), [&](const Held& held) {
      return held.until == until && held.size == size;
    });
    CHECK(found != held_.end());
    used_ = used_ - size;
    held_.erase(found);
    std::make_heap(held_.begin(), held_.end());
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
  std::vector<Held> held_;  // a heap: the earliest first
};

}  // namespace lockstep::sim
