// Scenario, sweep or figure: who is handed one where another is wanted says which command takes it.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "nlohmann/json.hpp"

namespace lockstep::cli {

// Kinds by the key that each has at its top: "lockstep", "lockstep_sweep", "lockstep_figure".
// Refuses a document that says it is of another kind than `wanted`; one that says nothing passes,
// since its reader has better words for that.
absl::Status CheckKind(const nlohmann::json& document, const std::string& wanted,
                       const std::string& file);

}  // namespace lockstep::cli
