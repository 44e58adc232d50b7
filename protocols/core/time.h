// Time as a node knows it: points, spans, and the clocks that a host can read.
//
// Both types count picoseconds in 64 bits (106 days), so that a byte at 400 Gb/s is still 20 units.
// Points subtract to spans; points do not add.

#pragma once

#include <array>
#include <compare>
#include <cstddef>
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

// What reads the clocks of a host; the world's.
class Clocks {
 public:
  virtual ~Clocks() = default;
  virtual Instant Read(Clock clock) const = 0;
};

// Readings of a host's own clocks during one call: each is taken when it is asked for, and stays
// the same until the call ends.
class Now {
 public:
  // `clocks` outlives it.
  explicit Now(const Clocks& clocks) : clocks_(&clocks) {}
  // Readings that are known.
  Now(Instant monotonic, Instant synced, Instant wall)
      : readings_{monotonic, synced, wall}, known_((1U << kClocks) - 1) {}

  Instant monotonic() const { return On(Clock::kMonotonic); }
  Instant synced() const { return On(Clock::kSynced); }
  Instant wall() const { return On(Clock::kWall); }
  Instant On(Clock clock) const {
    const auto index = static_cast<std::size_t>(clock);
    if ((known_ >> index & 1U) == 0) {
      readings_[index] = clocks_->Read(clock);
      known_ |= 1U << index;
    }
    return readings_[index];
  }
  // Whether a clock of a world has been read.
  bool Knows(Clock clock) const { return (known_ >> static_cast<unsigned>(clock) & 1U) != 0; }

 private:
  const Clocks* clocks_ = nullptr;
  mutable std::array<Instant, kClocks> readings_;  // readings_[Clock], of those that are known
  mutable std::uint32_t known_ = 0;
};

}  // namespace lockstep::core
