// The scenario that a sweep varies, and all files that it names, as part of the sweep's document:
// so that an edited profile makes another sweep, and a results file can be read without them.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "nlohmann/json.hpp"

namespace lockstep::sweep {

// Puts {"path": as written, "document": ..., "files": {name: content}} where the sweep in `path`
// names its scenario; one that is written inline has no path. A profile among the files stands
// there as JSON, a map by its size and hash, a file that cannot be read as null: which of the
// points that makes is wrong is judged run by run.
absl::Status PutBaseScenario(const std::string& path, nlohmann::json& document);

}  // namespace lockstep::sweep
