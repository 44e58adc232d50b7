// A summary for people.

#pragma once

#include <string>

#include "nlohmann/json.hpp"

namespace lockstep::cli {

// What `run` and `check` print: verdict, streams, oracles with their findings, receipts.
std::string Report(const nlohmann::json& summary);

// 5691941 as "5.69 M", 1432.4 as "1432", 0.25 as "0.25": three digits at least.
std::string ShortNumber(double value);

}  // namespace lockstep::cli
