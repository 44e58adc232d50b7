// A line on the terminal that says how far a run is; nothing on a pipe.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "protocols/core/time.h"

namespace lockstep::cli {

class Progress {
 public:
  // `end`: of the simulated time. Shows nothing unless standard error is a terminal.
  explicit Progress(core::Instant end);
  // Clears the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Show(core::Instant now, std::uint64_t steps);

 private:
  using WallClock = std::chrono::steady_clock;
  bool is_terminal_;
  core::Instant end_;
  WallClock::time_point started_;
  WallClock::time_point shown_;
};

// Simulated time for people: "1.25 s".
std::string Seconds(core::Duration span);

}  // namespace lockstep::cli
