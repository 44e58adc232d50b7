// How a clock is followed from break to break: see local_clock.h.

#include "sim/host/local_clock.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"

namespace lockstep::sim {
namespace {

using absl::int128;
using core::Duration;
using core::Instant;

constexpr std::int64_t kBillion = 1'000'000'000;
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kStandstill = -kBillion;

// floor(time * ppb / 1e9) for |ppb| <= 1e9, without a product that could overflow.
std::int64_t DriftOver(std::int64_t time_ps, std::int64_t ppb) {
  if (ppb == 0) return 0;
  const std::int64_t product = time_ps % kBillion * ppb;
  const std::int64_t floor = product / kBillion - (product % kBillion < 0 ? 1 : 0);
  return time_ps / kBillion * ppb + floor;
}

// Uniform in [-most, most].
std::int64_t Symmetric(core::Random& random, std::int64_t most) {
  if (most == 0) return 0;
  const std::uint64_t width = 2 * static_cast<std::uint64_t>(most) + 1;
  return static_cast<std::int64_t>(random.Below(width)) - most;
}

std::int64_t Saturate(int128 value) {
  return static_cast<std::int64_t>(std::clamp(value, int128(kLeast), int128(kMost)));
}

Instant AtPs(int128 ps) { return Instant::FromPicoseconds(Saturate(ps)); }

int128 CeilDivide(int128 number, std::int64_t by) { return (number + by - 1) / by; }

}  // namespace

LocalClock::LocalClock(const ClockBounds& bounds, Duration interval, bool is_steady,
                       core::Random stream)
    : bounds_(bounds), interval_ps_(interval.ps()), is_steady_(is_steady), stream_(stream) {
  CHECK(interval_ps_ >= 0);
  CHECK(is_steady || interval_ps_ == 0);
  CHECK(bounds.drift_ppb_max <= kDriftPpbMost);
  if (interval_ps_ > 0) {
    core::Random phase = stream.Fork("phase");
    phase_ps_ = static_cast<std::int64_t>(phase.Below(static_cast<std::uint64_t>(interval_ps_)));
  }
  const Drawn drawn = Draw(0);
  // Correction 0 comes before the start, by the phase.
  changed_.from = CorrectionAt(0);
  changed_.drift_ppb = drawn.drift_ppb;
  changed_.raw_ps = changed_.from.ps() + drawn.offset_ps;
  changed_.held_ps = kLeast;
  slew_.from = changed_.from;
  EndChange();
}

// --- Corrections ---

LocalClock::Drawn LocalClock::Draw(std::int64_t correction) const {
  core::Random random =
      interval_ps_ == 0 ? stream_ : stream_.Fork(absl::StrCat("correction/", correction));
  Drawn drawn{};
  drawn.offset_ps = Symmetric(random, bounds_.offset_max.ps());
  drawn.drift_ppb = Symmetric(random, bounds_.drift_ppb_max);
  return drawn;
}

Instant LocalClock::CorrectionAt(std::int64_t correction) const {
  return AtPs(int128(correction) * interval_ps_ - phase_ps_);
}

std::int64_t LocalClock::CorrectionBefore(int128 global_ps) const {
  return Saturate((std::max(global_ps, int128(0)) + phase_ps_) / interval_ps_);
}

int128 LocalClock::SkewAt(Instant global) const {
  if (global >= slew_.end) return int128(skew_ps_) + slew_.by_ps;
  return int128(skew_ps_) + DriftOver((global - slew_.from).ps(), slew_.rate_ppb);
}

std::int64_t LocalClock::Rate(const Course& course) const {
  if (is_frozen_) return kStandstill;
  const std::int64_t slew_ppb = course.from < slew_.end ? slew_.rate_ppb : 0;
  return set_drift_ppb_.value_or(course.drift_ppb) + slew_ppb;
}

Instant LocalClock::Until(const Course& course) const {
  if (is_frozen_) return Instant::Max();
  const Instant corrected =
      interval_ps_ == 0 ? Instant::Max() : CorrectionAt(course.correction + 1);
  return course.from < slew_.end ? std::min(corrected, slew_.end) : corrected;
}

// --- Courses ---

int128 LocalClock::Raw(const Course& course, Instant global) {
  const std::int64_t elapsed_ps = (global - course.from).ps();
  return int128(course.raw_ps) + elapsed_ps + DriftOver(elapsed_ps, course.rate_ppb);
}

Instant LocalClock::Reading(const Course& course, Instant global) {
  return AtPs(std::max(Raw(course, global), int128(course.held_ps)));
}

// From course.from until it reads `local`, if it went on like this for ever. Exact, since
// e + floor(e * ppb / 1e9) = floor(e * (1e9 + ppb) / 1e9), which is at least a whole number just
// when its argument is.
int128 LocalClock::WaitFor(const Course& course, Instant local) {
  if (course.held_ps >= local.ps()) return 0;
  const int128 missing = int128(local.ps()) - course.raw_ps;
  if (missing <= 0) return 0;
  if (course.rate_ppb == 0) return missing;
  if (course.rate_ppb == kStandstill) return std::numeric_limits<int128>::max() / 2;
  return CeilDivide(missing * kBillion, kBillion + course.rate_ppb);
}

LocalClock::Course LocalClock::Next(const Course& course) const {
  const bool is_correction =
      interval_ps_ > 0 && course.until == CorrectionAt(course.correction + 1);
  if (is_correction) return Corrected(course, course.correction + 1);
  Course next = course;
  next.from = course.until;
  next.raw_ps = Saturate(Raw(course, course.until));
  next.rate_ppb = Rate(next);
  next.until = Until(next);
  return next;
}

LocalClock::Course LocalClock::Corrected(const Course& course, std::int64_t correction) const {
  const Drawn drawn = Draw(correction);
  Course next;
  next.from = CorrectionAt(correction);
  next.correction = correction;
  next.drift_ppb = drawn.drift_ppb;
  next.raw_ps = Saturate(SkewAt(next.from) + next.from.ps() + drawn.offset_ps);
  next.held_ps = course.held_ps;
  if (is_steady_) next.held_ps = std::max(next.held_ps, Reading(course, course.until).ps());
  next.rate_ppb = Rate(next);
  next.until = Until(next);
  return next;
}

int128 LocalClock::ErrorMost() const {
  const std::int64_t set_ppb = set_drift_ppb_.value_or(0);
  const std::int64_t ppb = std::max({bounds_.drift_ppb_max, set_ppb, -set_ppb});
  return int128(bounds_.offset_max.ps()) + DriftOver(interval_ps_, ppb) + 2;
}

// A raw reading is within ErrorMost of t + skew(t), which grows by at least 0.6 of t: so one that
// is four times that earlier is no greater.
std::int64_t LocalClock::Settled() const { return Saturate(4 * ErrorMost() / interval_ps_) + 2; }

void LocalClock::Follow(Instant global) const {
  CHECK(global >= changed_.from);
  if (global < course_.from) course_ = changed_;
  while (course_.until <= global && course_.until != Instant::Max()) {
    course_ = Next(course_);
    if (interval_ps_ == 0 || is_frozen_) continue;
    const std::int64_t wanted = CorrectionBefore(global.ps()) - Settled();
    if (wanted > course_.correction) course_ = Corrected(course_, wanted);
  }
}

// A reading at t is at most t + skew(t) + ErrorMost, of which t + skew(t) grows by at most 1.4 of
// t, and by 1 where no slew is left. What is left of an interval after a drift was taken back may
// be half an interval further ahead, which Settled has room for. What is held is below `local`, or
// this would not be asked.
LocalClock::Course LocalClock::Skip(const Course& course, Instant local) const {
  if (interval_ps_ == 0 || is_frozen_) return course;
  const int128 missing = int128(local.ps()) - ErrorMost() - course.from.ps() - SkewAt(course.from);
  const int128 earliest = course.from.ps() + (course.from < slew_.end ? missing / 2 : missing);
  const std::int64_t wanted = CorrectionBefore(earliest) - Settled();
  return wanted > course.correction ? Corrected(course, wanted) : course;
}

Instant LocalClock::GlobalAt(Instant local) const {
  // Readings never go down between changes, so what is not read yet comes later.
  const auto is_before = [local](const Course& course) {
    return Reading(course, course.from) < local;
  };
  if (!is_before(sought_)) sought_ = is_before(course_) ? course_ : changed_;
  for (;;) {
    const int128 at = sought_.from.ps() + WaitFor(sought_, local);
    if (at < sought_.until.ps() || sought_.until == Instant::Max())
      return std::max(AtPs(at), Instant());
    sought_ = Next(sought_);
    if (is_before(sought_)) sought_ = Skip(sought_, local);
  }
}

// --- Changes ---

void LocalClock::BeginChange(Instant global) {
  Follow(global);
  Course next = course_;
  next.from = global;
  next.raw_ps = Saturate(Raw(course_, global));
  if (is_steady_) next.held_ps = Reading(course_, global).ps();
  // Of the slew, only what is left.
  const std::int64_t skew_ps = Saturate(SkewAt(global));
  const std::int64_t done_ps = is_frozen_ ? 0 : Saturate(int128(skew_ps) - skew_ps_);
  skew_ps_ += done_ps;
  slew_.by_ps -= done_ps;
  slew_.from = global;
  if (interval_ps_ > 0) {
    // A frozen clock has missed corrections.
    next.correction = CorrectionBefore(global.ps());
    next.drift_ppb = Draw(next.correction).drift_ppb;
  }
  changed_ = next;
}

void LocalClock::EndChange() {
  slew_.end = slew_.from;
  if (slew_.by_ps != 0) {
    const int128 size = slew_.by_ps < 0 ? -int128(slew_.by_ps) : int128(slew_.by_ps);
    const std::int64_t speed = slew_.by_ps < 0 ? -slew_.rate_ppb : slew_.rate_ppb;
    slew_.end = AtPs(slew_.from.ps() + CeilDivide(size * kBillion, speed));
  }
  changed_.rate_ppb = Rate(changed_);
  changed_.until = Until(changed_);
  course_ = sought_ = changed_;
}

void LocalClock::Step(Instant global, Duration by) {
  BeginChange(global);
  changed_.raw_ps = Saturate(int128(changed_.raw_ps) + by.ps());
  skew_ps_ = Saturate(int128(skew_ps_) + by.ps());
  EndChange();
}

void LocalClock::SetDrift(Instant global, std::optional<std::int64_t> ppb) {
  CHECK(ppb.value_or(0) <= kDriftPpbMost);
  CHECK(ppb.value_or(0) >= -kDriftPpbMost);
  BeginChange(global);
  set_drift_ppb_ = ppb;
  EndChange();
}

void LocalClock::Slew(Instant global, Duration by, std::int64_t ppb) {
  CHECK(ppb >= 1);
  CHECK(ppb <= kSlewPpbMost);
  BeginChange(global);
  slew_.by_ps = by.ps();
  slew_.rate_ppb = by.ps() < 0 ? -ppb : ppb;
  EndChange();
}

void LocalClock::Freeze(Instant global) {
  BeginChange(global);
  is_frozen_ = true;
  EndChange();
}

void LocalClock::Unfreeze(Instant global) {
  BeginChange(global);
  is_frozen_ = false;
  EndChange();
}

}  // namespace lockstep::sim
