// Changes to a scenario from the command line: a JSON pointer and what shall stand there.

#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "nlohmann/json.hpp"

namespace lockstep::sim {

// "/run/seed" and the JSON to put there; a value that is not JSON is taken as a string.
using Override = std::pair<std::string, std::string>;

// Puts the value where the pointer says: over what is there, as a new key of an object, or behind
// the last element of an array ("/faults/-"). What it stands in must be there already. Errors name
// the override and what is there instead.
absl::Status Apply(const Override& change, nlohmann::json& document);

}  // namespace lockstep::sim
