// A set of numbers that are near each other, as bits.
//
// Where what is held is nearly contiguous but comes in pieces of all strides, as messages that are
// shared out by stake do, a bit each is cheaper than intervals: 64 numbers in a row are one step,
// and one in the middle moves nothing.
//
// Knows nothing of what was dropped: whoever uses it says what that means.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lockstep::core {

class BitWindow {
 public:
  // One past the greatest number that there are bits for; what is from there on is not set.
  std::uint64_t End() const { return base_ + 64 * words_.size(); }
  bool Has(std::uint64_t number) const {
    if (number < base_ || number >= End()) return false;
    return (words_[(number - base_) / 64] >> (number % 64) & 1) != 0;
  }
  // Adds it; false if it was there. It is not below what was dropped.
  bool Add(std::uint64_t number);
  // The same of [begin, end); how many were not there.
  std::uint64_t AddAll(std::uint64_t begin, std::uint64_t end);
  // The least number >= `from` that is there, or is not; `end` where that is not below `end`.
  std::uint64_t NextIn(std::uint64_t from, std::uint64_t end) const { return Next(from, end, 0); }
  std::uint64_t NextOut(std::uint64_t from, std::uint64_t end) const {
    return Next(from, end, ~std::uint64_t{0});
  }
  // Forgets what is below, and takes no more of it.
  void DropBelow(std::uint64_t number);
  // How many words of bits there are.
  std::size_t size() const { return words_.size(); }

 private:
  // The next bit that is set after all have been changed by `flip`.
  std::uint64_t Next(std::uint64_t from, std::uint64_t end, std::uint64_t flip) const;
  void GrowTo(std::uint64_t end);

  std::uint64_t base_ = 0;  // of the first word; a multiple of 64
  std::vector<std::uint64_t> words_;
};

}  // namespace lockstep::core
