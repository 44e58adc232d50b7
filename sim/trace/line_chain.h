// One checksum over the lines of a file, and what it was after some of them, so that a reader who
// finds another one can say where the difference begins.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "protocols/core/hash.h"

namespace lockstep::trace {

class LineChain {
 public:
  // Fewer marks than this are kept: of a file with as few lines, one after each.
  static constexpr std::size_t kMarks = 128;

  // What the checksum would be with this line, which comes without its newline.
  std::uint64_t With(std::string_view line) const {
    return core::Mix(value_, core::HashBytes(line.data(), line.size()));
  }
  void Fold(std::string_view line) {
    value_ = With(line);
    if (lines_ == 0) first_ = value_;
    ++lines_;
    if (lines_ % every_ != 0) return;
    marks_.push_back(value_);
    if (marks_.size() == kMarks) Thin();
  }

  std::uint64_t value() const { return value_; }
  std::uint64_t lines() const { return lines_; }
  // The checksum after one line.
  std::uint64_t first() const { return first_; }
  // marks()[i] is the checksum after (i + 1) * every() lines.
  std::uint64_t every() const { return every_; }
  const std::vector<std::uint64_t>& marks() const { return marks_; }

 private:
  void Thin() {
    for (std::size_t i = 0; i < kMarks / 2; ++i) marks_[i] = marks_[2 * i + 1];
    marks_.resize(kMarks / 2);
    every_ *= 2;
  }

  std::uint64_t value_ = 0;
  std::uint64_t first_ = 0;
  std::uint64_t lines_ = 0;
  std::uint64_t every_ = 1;
  std::vector<std::uint64_t> marks_;
};

}  // namespace lockstep::trace
