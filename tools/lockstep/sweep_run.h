// One run of a sweep, as a worker makes it: from a job to a row of results.

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

#include "analysis/results/results.h"
#include "sim/scenario/scenario.h"
#include "tools/lockstep/program.h"
#include "tools/lockstep/runner.h"
#include "tools/sweep/engine.h"
#include "tools/sweep/sweep_file.h"

namespace lockstep::cli {

// `sweep` outlives what is returned.
sweep::RunOne RunnerOf(const sweep::Sweep& sweep, const Additions& own = {});

// Refuses a run that would exceed the memory that the sweep allows.
absl::Status CheckMemoryOf(const sweep::Sweep& sweep, const Prepared& prepared);

// 16 hex digits over the scenario as it is run: the `recipe` of a row.
std::string RecipeHash(const sim::Scenario& scenario);

}  // namespace lockstep::cli
