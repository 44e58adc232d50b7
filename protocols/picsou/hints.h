// What the senders of a stream state of it: how far they know it to be safe.
//
// Source: the Picsou paper, section 4.2 (garbage collection), where a sender attaches its highest
// QUACKed number once it has to; here every batch states it (decided here).

#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

namespace lockstep::picsou {

class Hints {
 public:
  // `believed`: so many senders that agree are one at least that does not lie: r_s + 1.
  Hints(std::uint32_t senders, std::uint32_t believed) : stated_(senders, 0), believed_(believed) {}

  // A sender states its QUACK; whether what is believed has grown.
  bool State(std::uint32_t sender, std::uint64_t quack) {
    if (quack <= stated_[sender]) return false;
    stated_[sender] = quack;
    if (quack <= believable_) return false;
    std::vector<std::uint64_t> sorted = stated_;
    const auto at = sorted.begin() + (believed_ - 1);
    std::nth_element(sorted.begin(), at, sorted.end(), std::greater<>());
    if (*at <= believable_) return false;
    believable_ = *at;
    return true;
  }
  // h: everything below it some correct receiver holds, or has held.
  std::uint64_t believable() const { return believable_; }

 private:
  std::vector<std::uint64_t> stated_;  // by sender, the greatest
  std::uint32_t believed_;
  std::uint64_t believable_ = 0;
};

}  // namespace lockstep::picsou
