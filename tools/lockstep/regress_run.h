// The runs of regressions, out to worker processes: what a run does to its process is a row, not
// the end.

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

#include "absl/status/status.h"

#include "tools/lockstep/regression.h"

namespace lockstep::cli {

struct RegressOptions {
  unsigned workers = 1;
  std::chrono::milliseconds wall_max{600'000};  // for one run
  // Called often, with how many runs there are, how many were made, and how many of these are none
  // that pass; may be empty.
  std::function<void(std::size_t runs, std::size_t done, std::size_t failed)> on_progress;
};

// Makes the runs, until IsInterrupted(); those that were made then are done. Errors: no process can
// be made.
absl::Status MakeRegressionRuns(std::vector<Regression>& regressions, const RegressOptions& options,
                                const Additions& own);

}  // namespace lockstep::cli
