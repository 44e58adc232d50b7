// One clock of a host: a piecewise linear function of the global time.
//
// The raw reading goes on at a rate, from one break to the next; breaks are corrections, the end of
// a slew, and what is done to the clock at run time. A steady clock reads the greatest raw reading
// so far, and so stands still after a break downwards until it is caught up.
//
// Without corrections, raw(t) = offset + t + floor(t * drift / 1e9). With them, correction i, at
// an instant b(i) = i * interval - phase, draws offset and drift anew, and until the next one
//
//   raw(t) = t + skew(t) + offset(i) + floor((t - b(i)) * drift(i) / 1e9)
//
// where the skew is the sum of all steps and slews: they move what the clock is synchronised to, so
// they outlast corrections, and a step is undone by the step back. A frozen clock is not corrected;
// one that is released goes on from where it stood, until its next correction if it has any.
//
// Bound, for a clock that nothing is done to: |reading - t| <= offset_max + drift_max * interval,
// rounded up. Waiting adds nothing to it. Below, since the reading is no less than raw(t). Above,
// since what it waits at was the raw reading of an earlier instant s <= t, which is at most s + the
// bound. It waits for at most twice the bound.
//
// Readings and their inverse are pure functions of what was done so far: nothing depends on which
// of them were asked for before. Both are exact to the picosecond.

#pragma once

#include <cstdint>
#include <optional>

#include "absl/numeric/int128.h"

#include "protocols/core/random.h"
#include "protocols/core/time.h"

namespace lockstep::sim {

// Within which the errors of one clock are drawn, uniformly, to either side.
struct ClockBounds {
  core::Duration offset_max;
  std::int64_t drift_ppb_max = 0;
};

class LocalClock {
 public:
  static constexpr std::int64_t kDriftPpbMost = 500'000'000;
  static constexpr std::int64_t kSlewPpbMost = 400'000'000;

  // `interval`: between corrections; zero for none, as only a steady clock may have them. Number i
  // is a function of `stream` and i alone.
  LocalClock(const ClockBounds& bounds, core::Duration interval, bool is_steady,
             core::Random stream);

  // What it reads at `global`, which is no earlier than the last change.
  core::Instant Read(core::Instant global) const {
    if (global < course_.from || global >= course_.until) Follow(global);
    return Reading(course_, global);
  }
  // The first instant, no earlier than the last change or the start, at which it reads at least
  // `local`; Instant::Max() if it never does.
  core::Instant GlobalAt(core::Instant local) const;

  // Changes, each no earlier than the last one.
  void Step(core::Instant global, core::Duration by);
  // At most kDriftPpbMost to either side, through all corrections; nothing for the drawn one again.
  void SetDrift(core::Instant global, std::optional<std::int64_t> ppb);
  // Adds `by`, by running `ppb` faster or slower until it is done; ppb is in [1, kSlewPpbMost].
  // Replaces what is left of an earlier slew. It rests while the clock is frozen.
  void Slew(core::Instant global, core::Duration by, std::int64_t ppb);
  void Freeze(core::Instant global);
  void Unfreeze(core::Instant global);

 private:
  // How it goes on in [from, until). An `until` of Instant::Max() is for ever.
  struct Course {
    core::Instant from;
    core::Instant until = core::Instant::Max();
    std::int64_t raw_ps = 0;     // at `from`
    std::int64_t rate_ppb = 0;   // of the raw reading, beyond that of the global time
    std::int64_t held_ps = 0;    // no reading is less
    std::int64_t drift_ppb = 0;  // drawn
    std::int64_t correction = 0;
  };
  struct Drawn {
    std::int64_t offset_ps;
    std::int64_t drift_ppb;
  };
  // What is left of the current slew, and its end, if any.
  struct Slewing {
    core::Instant from;
    core::Instant end;
    std::int64_t by_ps = 0;
    std::int64_t rate_ppb = 0;  // negative if it goes back
  };

  static core::Instant Reading(const Course& course, core::Instant global);
  static absl::int128 Raw(const Course& course, core::Instant global);
  static absl::int128 WaitFor(const Course& course, core::Instant local);

  Drawn Draw(std::int64_t correction) const;
  core::Instant CorrectionAt(std::int64_t correction) const;
  std::int64_t CorrectionBefore(absl::int128 global_ps) const;
  absl::int128 SkewAt(core::Instant global) const;
  std::int64_t Rate(const Course& course) const;
  core::Instant Until(const Course& course) const;
  // The course that begins where `course` ends.
  Course Next(const Course& course) const;
  // The one that begins with this correction, later than `course`; as far as readings at or beyond
  // `settled_` corrections later are concerned, as if all between had been followed.
  Course Corrected(const Course& course, std::int64_t correction) const;
  // How many corrections back a raw reading can still be ahead of a later one.
  std::int64_t Settled() const;
  absl::int128 ErrorMost() const;
  void Follow(core::Instant global) const;
  // Skips corrections before which `course` cannot read `local`.
  Course Skip(const Course& course, core::Instant local) const;

  // Makes `global` the beginning of a course, which a change is then made to.
  void BeginChange(core::Instant global);
  void EndChange();

  ClockBounds bounds_;
  std::int64_t interval_ps_;
  bool is_steady_;
  core::Random stream_;
  std::int64_t phase_ps_ = 0;

  bool is_frozen_ = false;
  std::optional<std::int64_t> set_drift_ppb_;
  std::int64_t skew_ps_ = 0;  // without what the current slew has done
  Slewing slew_;

  Course changed_;         // from the last change on
  mutable Course course_;  // the one read last
  mutable Course sought_;  // the one in which GlobalAt found its answer last
};

}  // namespace lockstep::sim
