// Sequence numbers laid out by lane.
//
// Rotation gives each pair of replicas every n-th number of a stream: one residue class, a *lane*.
// On this line every lane is one stretch, so that strided runs are intervals of *places*, and the
// state of all lanes is one sorted list, as long as there is something to say.
//
// Invariant: stretches of neighbouring lanes never touch.

#pragma once

#include <bit>
#include <cstdint>

#include "protocols/core/check.h"
#include "protocols/core/run.h"

namespace lockstep::core {

class LaneLine {
 public:
  // Numbers are below this.
  static constexpr std::uint64_t kNumberLimit = std::uint64_t{1} << 62;

  explicit LaneLine(std::uint64_t lanes)
      : lanes_(lanes), shift_(63 - static_cast<unsigned>(std::bit_width(lanes - 1))) {
    CHECK(lanes > 0);
    CHECK(lanes <= std::uint64_t{1} << 30);
  }

  std::uint64_t lanes() const { return lanes_; }
  std::uint64_t Lane(std::uint64_t place) const { return place >> shift_; }
  // Where number `lane` stands.
  std::uint64_t Begin(std::uint64_t lane) const { return lane << shift_; }
  std::uint64_t Place(std::uint64_t number) const {
    return Begin(number % lanes_) + number / lanes_;
  }
  std::uint64_t Number(std::uint64_t place) const {
    const std::uint64_t lane = Lane(place);
    return lane + lanes_ * (place - Begin(lane));
  }
  // What stands at places [begin, end), which lie in one lane.
  Run RunAt(std::uint64_t begin, std::uint64_t end) const {
    return Run{Number(begin), end - begin, lanes_};
  }

  // Divides each lane into the numbers below one of them and the rest.
  class Cut {
   public:
    // Where the rest of `lane` begins.
    std::uint64_t In(std::uint64_t lane) const {
      return (lane << shift_) + index_ + (lane < lane_ ? 1 : 0);
    }
    std::uint64_t InLaneOf(std::uint64_t place) const { return In(place >> shift_); }

   private:
    friend class LaneLine;
    unsigned shift_ = 0;
    std::uint64_t lane_ = 0;
    std::uint64_t index_ = 0;
  };
  // `number` <= kNumberLimit.
  Cut CutAt(std::uint64_t number) const {
    Cut cut;
    cut.shift_ = shift_;
    cut.lane_ = number % lanes_;
    cut.index_ = number / lanes_;
    return cut;
  }

  // Calls `visit(lane)`, in ascending order, for the lanes that have numbers in [begin, end): a
  // short window meets few of them.
  template <typename Visit>
  void ForEachLaneIn(std::uint64_t begin, std::uint64_t end, Visit&& visit) const {
    if (begin >= end) return;
    const std::uint64_t met = end - begin < lanes_ ? end - begin : lanes_;
    const std::uint64_t first = begin % lanes_;
    const std::uint64_t last = first + met < lanes_ ? first + met : lanes_;
    const std::uint64_t wrapped = first + met - last;
    for (std::uint64_t lane = 0; lane < wrapped; ++lane) visit(lane);
    for (std::uint64_t lane = first; lane < last; ++lane) visit(lane);
  }

 private:
  std::uint64_t lanes_;
  unsigned shift_;
};

}  // namespace lockstep::core
