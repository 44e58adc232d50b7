// Time as a node knows it: points, spans, and the clocks that a host can read.
//
// Both types count picoseconds in 64 bits (106 days), so that a byte at 400 Gb/s is still 20 units.
// Points subtract to spans; points do not add.

#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace lockstep::core {

// A span of time; may be negative.
class Duration {
 public:
  constexpr Duration() = default;
  static constexpr Duration Picoseconds(std::int64_t n) { return Duration(n); }
  static constexpr Duration Nanoseconds(std::int64_t n) { return Duration(n * 1'000); }
  static constexpr Duration Microseconds(std::int64_t n) { return Duration(n * 1'000'000); }
  static constexpr Duration Milliseconds(std::int64_t n) { return Duration(n * 1'000'000'000); }
  static constexpr Duration Seconds(std::int64_t n) { return Duration(n * 1'000'000'000'000); }

  constexpr std::int64_t ps() const { return ps_; }

  friend constexpr auto operator<=>(Duration, Duration) = default;
  friend constexpr Duration operator+(Duration a, Duration b) { return Duration(a.ps_ + b.ps_); }
  friend constexpr Duration operator-(Duration a, Duration b) { return Duration(a.ps_ - b.ps_); }
  friend constexpr Duration operator*(Duration a, std::int64_t n) { return Duration(a.ps_ * n); }
  constexpr Duration& operator+=(Duration other) { return *this = *this + other; }

 private:
  explicit constexpr Duration(std::int64_t ps) : ps_(ps) {}
  std::int64_t ps_ = 0;
};

// A point in time on some clock; zero is the start of the run.
class Instant {
 public:
  constexpr Instant() = default;
  static constexpr Instant FromPicoseconds(std::int64_t n) { return Instant(n); }
  static constexpr Instant Max() { return Instant(std::numeric_limits<std::int64_t>::max()); }

  constexpr std::int64_t ps() const { return ps_; }

  friend constexpr auto operator<=>(Instant, Instant) = default;
  friend constexpr Instant operator+(Instant a, Duration b) { return Instant(a.ps_ + b.ps()); }
  friend constexpr Instant operator-(Instant a, Duration b) { return Instant(a.ps_ - b.ps()); }
  friend constexpr Duration operator-(Instant a, Instant b) {
    return Duration::Picoseconds(a.ps_ - b.ps_);
  }

 private:
  explicit constexpr Instant(std::int64_t ps) : ps_(ps) {}
  std::int64_t ps_ = 0;
};

// `kMonotonic` never goes back; `kSynced` neither, and its error is bounded; `kWall` may step.
enum class Clock : std::uint8_t { kMonotonic, kSynced, kWall };
inline constexpr int kClocks = 3;

// Three readings of a host's own clocks, taken at one moment.
struct Now {
  Instant monotonic;
  Instant synced;
  Instant wall;

  constexpr Instant On(Clock clock) const {
    switch (clock) {
      case Clock::kMonotonic:
        return monotonic;
      case Clock::kSynced:
        return synced;
      case Clock::kWall:
        return wall;
    }
    return monotonic;
  }
};

}  // namespace lockstep::core
