// One run of a sweep, as a worker makes it: from a job to a row of results.

#pragma once

#include <vector>

#include "analysis/results.h"
#include "protocols/catalog.h"
#include "tools/sweep/engine.h"
#include "tools/sweep/sweep_file.h"

namespace lockstep::cli {

// `sweep` outlives what is returned. `more_protocols` may be named by the scenario beside those of
// the catalogue.
sweep::RunOne RunnerOf(const sweep::Sweep& sweep,
                       const std::vector<ProtocolEntry>& more_protocols = {});

}  // namespace lockstep::cli
