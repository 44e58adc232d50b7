// Who said what of a scenario's network: the scenario, its profile, or the command line.
//
// What a profile says is merged under what the scenario says, and read as one; whoever wrote the
// value that is wrong should be told.

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "nlohmann/json.hpp"

namespace lockstep::sim {

struct NetworkOrigin {
  nlohmann::json own;               // as the scenario says it; null: it says nothing
  nlohmann::json of_profile;        // as its profile says it
  std::vector<std::string> set_at;  // pointers of later changes, which are the scenario's

  // `error`, which names a place of the scenario in `path`, of the place where it was said: that of
  // the profile, which stands in `profile_file`, or in the scenario itself where this is empty.
  absl::Status Blame(const absl::Status& error, const std::string& path,
                     const std::string& profile_file) const;
};

}  // namespace lockstep::sim
