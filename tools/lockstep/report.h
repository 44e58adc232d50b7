// A summary for people.

#pragma once

#include <string>

#include "nlohmann/json.hpp"

namespace lockstep::cli {

// What `run` and `check` print: verdict, streams, oracles with their findings, receipts.
std::string Report(const nlohmann::json& summary);

}  // namespace lockstep::cli
