// What regressions came to: for people, for programs, and for continuous integration.

#pragma once

#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "tools/lockstep/regression.h"

namespace lockstep::cli {

// Of all of them together: how many had which fate, and in what time.
struct RegressTotals {
  double seconds = 0;
  bool is_interrupted = false;
};

// A row each; below it, where it did not pass, its runs that did not, and how to look at them.
std::string RegressTable(const std::vector<Regression>& regressions, const RegressTotals& totals);
// {"scenarios": [{"scenario", "fate", "expected", "error"?, "runs": [{"seed", "kind", "fate",
// "verdict", "text"?, "digest", "events", "wall_s", "command"?}]}], "fates": {fate: scenarios},
// "runs", "runs_made", "seconds", "interrupted"}
nlohmann::json RegressJson(const std::vector<Regression>& regressions, const RegressTotals& totals);
// A suite for each scenario, a case for each run.
std::string RegressJUnit(const std::vector<Regression>& regressions);

}  // namespace lockstep::cli
