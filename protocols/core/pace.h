// How fast an endless log is taken up where no credit says it (datagrams): by the clock.

#pragma once

#include <cstdint>

#include "protocols/core/effects.h"
#include "protocols/core/ids.h"
#include "protocols/core/time.h"

namespace lockstep::core {

class Pace {
 public:
  static constexpr Duration kTick = Duration::Milliseconds(1);

  // So much in each tick.
  explicit Pace(ByteCount each) : each_(static_cast<std::uint64_t>(each.value())) {}

  // Whether more may be taken up now. If not, `timer` is set, which is to call OnTick.
  bool Allows(const Now& now, TimerId timer, Effects& out) {
    if (taken_ < each_) return true;
    if (!is_timer_set_) out.SetTimer(timer, now.monotonic() + kTick);
    is_timer_set_ = true;
    return false;
  }
  void Take(std::uint64_t bytes) { taken_ += bytes; }
  void OnTick() {
    taken_ = 0;
    is_timer_set_ = false;
  }

 private:
  std::uint64_t each_;
  std::uint64_t taken_ = 0;
  bool is_timer_set_ = false;
};

}  // namespace lockstep::core
