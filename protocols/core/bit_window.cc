// Numbers as bits: see bit_window.h.

#include "protocols/core/bit_window.h"

#include <algorithm>
#include <bit>
#include <cstddef>

namespace lockstep::core {

void BitWindow::GrowTo(std::uint64_t end) {
  if (end > End()) words_.resize((end - base_ + 63) / 64);
}

bool BitWindow::Add(std::uint64_t number) {
  GrowTo(number + 1);
  std::uint64_t& word = words_[(number - base_) / 64];
  const std::uint64_t bit = std::uint64_t{1} << (number % 64);
  const bool is_new = (word & bit) == 0;
  word |= bit;
  return is_new;
}

std::uint64_t BitWindow::AddAll(std::uint64_t begin, std::uint64_t end) {
  if (begin >= end) return 0;
  GrowTo(end);
  std::uint64_t added = 0;
  while (begin < end) {
    const std::uint64_t word_end = std::min(end, (begin / 64 + 1) * 64);
    std::uint64_t& word = words_[(begin - base_) / 64];
    const std::uint64_t bits = ~std::uint64_t{0} >> (64 - (word_end - begin)) << (begin % 64);
    added += static_cast<std::uint64_t>(std::popcount(bits & ~word));
    word |= bits;
    begin = word_end;
  }
  return added;
}

std::uint64_t BitWindow::Next(std::uint64_t from, std::uint64_t end, std::uint64_t flip) const {
  if (from >= end) return end;
  const std::uint64_t beyond = flip == 0 ? end : std::min(end, std::max(from, End()));
  if (from < base_) {
    // Nothing is there.
    if (flip != 0) return from;
    from = base_;
  }
  for (; from < std::min(end, End()); from = (from / 64 + 1) * 64) {
    const std::uint64_t word = (words_[(from - base_) / 64] ^ flip) >> (from % 64);
    if (word == 0) continue;
    return std::min(end, from + static_cast<std::uint64_t>(std::countr_zero(word)));
  }
  return beyond;
}

void BitWindow::DropBelow(std::uint64_t number) {
  if (number <= base_) return;
  const std::uint64_t whole = std::min<std::uint64_t>(number / 64 - base_ / 64, words_.size());
  // Words are moved up seldom enough to cost no more than it did to fill them.
  constexpr std::uint64_t kFewest = 64;
  if (whole < std::max(kFewest, words_.size() / 2) && whole < words_.size()) return;
  words_.erase(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(whole));
  base_ = words_.empty() ? number / 64 * 64 : base_ + 64 * whole;
}

}  // namespace lockstep::core
