// The file that a sweep writes its rows to: a new one, or one to go on with.

#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "analysis/results/results.h"
#include "tools/lockstep/sweep_plan.h"
#include "tools/sweep/campaign.h"

namespace lockstep::cli {

// What the file says of itself.
analysis::ResultsHeader HeaderOf(const Planned& planned, const sweep::Shard& shard);

// A new file, or with `is_resumed` the one that is there. Errors: it is there and not to be gone on
// with, or holds another sweep, shard or revision.
absl::StatusOr<std::unique_ptr<analysis::ResultsFile>> OpenResults(
    const std::string& out, bool is_resumed, const analysis::ResultsHeader& header);

}  // namespace lockstep::cli
