// Progress of a run: see progress.h.

#include "tools/lockstep/progress.h"

#include <cstdio>
#include <unistd.h>

#include "absl/strings/str_format.h"

namespace lockstep::cli {

std::string Seconds(core::Duration span) {
  return absl::StrFormat("%.2f s", static_cast<double>(span.ps()) / 1e12);
}

Progress::Progress(core::Instant end)
    : is_terminal_(isatty(STDERR_FILENO) == 1),
      end_(end),
      started_(WallClock::now()),
      shown_(started_) {}

Progress::~Progress() {
  if (is_terminal_) std::fputs("\r\033[K", stderr);
}

void Progress::Show(core::Instant now, std::uint64_t steps) {
  if (!is_terminal_) return;
  const WallClock::time_point wall = WallClock::now();
  if (wall - shown_ < std::chrono::milliseconds(200)) return;
  shown_ = wall;
  const double elapsed = std::chrono::duration<double>(wall - started_).count();
  const double share = static_cast<double>(now.ps()) / static_cast<double>(end_.ps());
  const double left = share > 0 ? elapsed / share - elapsed : 0;
  absl::FPrintF(stderr, "\r\033[K%s of %s simulated, %.2f M events/s, about %.0f s left",
                Seconds(now - core::Instant()), Seconds(end_ - core::Instant()),
                static_cast<double>(steps) / elapsed / 1e6, left);
}

}  // namespace lockstep::cli
