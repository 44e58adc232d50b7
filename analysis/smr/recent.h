// What was said first of each place of a log, as long as somebody may still say something of it.
//
// Replicas say the same things one after the other. What all of them have passed is forgotten, and
// who comes to it again, since it has lost its memory, is not compared there; of
// one that has fallen far behind (or is down for good) it is not waited for: what lies more than
// `kKept` entries back is forgotten, too, and who comes to it then cannot be judged there.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace lockstep::analysis {

// What one replica has said: of places [first, first + count), or of a place `first`.
struct Said {
  std::uint64_t first = 0;
  std::uint64_t count = 1;
  std::uint64_t digest = 0;
  std::uint32_t by = 0;  // index of the replica
};

class Recent {
 public:
  static constexpr std::size_t kKept = std::size_t{1} << 20;
  enum class Kind : std::uint8_t { kFirst, kSame, kOther, kPassed, kForgotten };
  struct Answer {
    Kind kind;
    Said before;  // of kOther: what was said
  };

  // Compares with what was said of the same place before, and keeps what was not.
  Answer Say(const Said& said) {
    if (said.first < passed_below_) return {Kind::kPassed, {}};
    if (said.first < forgotten_below_) return {Kind::kForgotten, {}};
    std::size_t i = said_.size();
    while (i > 0 && said_[i - 1].first >= said.first) --i;
    if (i < said_.size() && said_[i].first == said.first) {
      const Said& before = said_[i];
      const bool is_same = before.count == said.count && before.digest == said.digest;
      return {is_same ? Kind::kSame : Kind::kOther, before};
    }
    said_.insert(said_.begin() + static_cast<std::ptrdiff_t>(i), said);
    if (said_.size() > kKept) ForgetFront();
    return {Kind::kFirst, {}};
  }
  // All have said what they have to say of places below.
  void Pass(std::uint64_t below) {
    passed_below_ = std::max(passed_below_, below);
    while (!said_.empty() && said_.front().first < below) said_.pop_front();
  }

 private:
  void ForgetFront() {
    forgotten_below_ = said_.front().first + 1;
    said_.pop_front();
  }

  std::deque<Said> said_;  // by place
  std::uint64_t passed_below_ = 0;
  std::uint64_t forgotten_below_ = 0;
};

}  // namespace lockstep::analysis
