// A run of a sweep as a command that makes it again.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "analysis/results/results.h"
#include "tools/lockstep/program.h"

namespace lockstep::cli {

struct Reproduction {
  // For a POSIX shell, in any folder: this program's path, `run`, every change and the seed; before
  // it what writes the scenario below a temporary folder, where the sweep holds it.
  std::string command;
  // Why it may give another digest: an edited scenario, another revision, a limit of the sweep.
  std::vector<std::string> remarks;
};

// Of a run that `file` has.
absl::StatusOr<Reproduction> ReproductionOf(const analysis::ResultsFile& file, std::uint64_t run,
                                            const Additions& own = {});

}  // namespace lockstep::cli
