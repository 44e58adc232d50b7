// scenarios/schema.json, enforced.
//
// The readers of sim/ refuse all that it refuses, in better words; it is asked after them, so that
// editors, which know only the schema, never disagree with the tool.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "nlohmann/json.hpp"

namespace lockstep::cli {

// Checks the scenario `document`, with its profile if that is part of it. Errors:
// "FILE: /pointer: what was wrong".
absl::Status CheckSchema(const nlohmann::json& document, const std::string& file);

// Checks a hardware profile.
absl::Status CheckProfileSchema(const nlohmann::json& document, const std::string& file);

// Checks a sweep, as its file says it.
absl::Status CheckSweepSchema(const nlohmann::json& document, const std::string& file);

}  // namespace lockstep::cli
