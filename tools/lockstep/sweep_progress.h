// How far a sweep is: a line that is rewritten on a terminal, one every ten seconds elsewhere.

#pragma once

#include <chrono>
#include <string>

#include "tools/sweep/engine.h"

namespace lockstep::cli {

class SweepProgress {
 public:
  explicit SweepProgress(std::string name);
  ~SweepProgress() { Clear(); }
  SweepProgress(const SweepProgress&) = delete;
  SweepProgress& operator=(const SweepProgress&) = delete;

  void Show(const sweep::Tally& tally);
  void Clear();
  // Since it was made.
  double seconds() const;

 private:
  using WallClock = std::chrono::steady_clock;
  std::string name_;
  bool is_terminal_;
  bool is_shown_ = false;
  WallClock::time_point started_;
  WallClock::time_point shown_;
};

// "12 s", "3 min 20 s", "2 h 5 min".
std::string LongTime(double seconds);

}  // namespace lockstep::cli
