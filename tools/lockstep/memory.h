// Whether a run fits into memory, asked before it is begun: a run that is refused tells more than
// one that is killed.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"

#include "protocols/core/ids.h"
#include "tools/lockstep/runner.h"

namespace lockstep::cli {

// What the process will take of memory at the run's peak, within a factor of two: what hosts, pairs
// of hosts and checkers are made of, and what the nodes say of themselves. Silent about what a
// scenario piles up on purpose, as where nobody reads what is sent.
core::ByteCount EstimateMemory(const Prepared& prepared);

// What the system can give to this process without swapping, as it is now; none where it does not
// say.
std::optional<core::ByteCount> AvailableMemory();

// The most that this process has had resident so far, in KiB; none where the system does not say.
std::optional<std::int64_t> PeakKilobytes();

// Refuses a run whose estimate is above `limit`. The message names `whose` that is, and how to be
// given more.
absl::Status CheckMemory(const Prepared& prepared, core::ByteCount limit, const std::string& whose,
                         const std::string& remedy);

}  // namespace lockstep::cli
