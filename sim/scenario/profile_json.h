// Reads a profile from JSON: each number with its source.

#pragma once

#include "absl/status/statusor.h"

#include "protocols/parameters/parameters.h"
#include "sim/profile.h"

namespace lockstep::sim {

// Reads the profile that `profile` stands for; each of its numbers is {"value": ..., "source":
// ...}. What it says of a scenario's /network where that says nothing itself is only looked at: a
// scenario that is read has taken it over.
absl::StatusOr<Profile> ReadProfile(const Parameters& profile);

}  // namespace lockstep::sim
