// Progress of a sweep: see sweep_progress.h.

#include "tools/lockstep/sweep_progress.h"

#include <cmath>
#include <cstdio>
#include <unistd.h>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lockstep::cli {

std::string LongTime(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::ceil(seconds));
  if (whole < 60) return absl::StrCat(whole, " s");
  if (whole < 3600) return absl::StrCat(whole / 60, " min ", whole % 60, " s");
  return absl::StrCat(whole / 3600, " h ", whole % 3600 / 60, " min");
}

SweepProgress::SweepProgress(std::string name)
    : name_(std::move(name)),
      is_terminal_(isatty(STDERR_FILENO) == 1),
      started_(WallClock::now()),
      shown_(started_) {}

void SweepProgress::Clear() {
  if (is_terminal_ && is_shown_) std::fputs("\r\033[K", stderr);
  is_shown_ = false;
}

double SweepProgress::seconds() const {
  return std::chrono::duration<double>(WallClock::now() - started_).count();
}

void SweepProgress::Show(const sweep::Tally& tally) {
  const WallClock::time_point now = WallClock::now();
  const auto pause =
      is_terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(10'000);
  if (now - shown_ < pause) return;
  shown_ = now;
  is_shown_ = true;
  const double rate = static_cast<double>(tally.done) / seconds();
  const std::uint64_t there = tally.earlier + tally.done;
  const std::string left =
      tally.done == 0
          ? "no run has ended yet"
          : absl::StrCat("at most ", LongTime(static_cast<double>(tally.runs_max - there) / rate),
                         " left");
  std::uint64_t unexpected = 0;
  for (const auto& [verdict, count] : tally.unexpected) unexpected += count;
  absl::FPrintF(stderr, "%s%s: %d of %d runs, %.1f/s, %d failed, %d unexpected, %s%s",
                is_terminal_ ? "\r\033[K" : "", name_, there, tally.runs_max, rate, tally.failed(),
                unexpected, left, is_terminal_ ? "" : "\n");
}

}  // namespace lockstep::cli
