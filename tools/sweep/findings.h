// What a sweep expects of its points, held against its results.
//
// Verdicts of single runs are judged as they come (a row says whether it is as expected); here it
// is about means over the seeds of a point.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "analysis/results/results.h"
#include "tools/sweep/plan.h"

namespace lockstep::sweep {

// Whether the expectation is about the point with these settings. Errors: its "when" cannot be
// evaluated there, such as a text that is compared with a number.
absl::StatusOr<bool> Applies(const Expectation& expectation, const Lookup& settings);

// Whether a run at that point got a verdict that the sweep expects; where it says nothing, what the
// row says (by its scenario) stands. What was not judged is never as expected.
bool IsAsExpected(const Sweep& sweep, const Point& point, const analysis::RunRow& row);

// An expectation that does not hold at a point.
struct Unmet {
  std::uint64_t point = 0;
  std::string where;  // the point's parameters: "n=4 loss=0.01"
  std::string that;   // the formula
  std::string why;    // as the sweep says; may be empty
  std::string found;  // what its metrics were: "published_per_s=83.1", or why it cannot be judged
};
nlohmann::json ToJson(const Unmet& unmet);

// In order of points. A point of which no run was judged fulfils nothing. At the end stands what is
// to be recorded, and that no run had.
absl::StatusOr<std::vector<Unmet>> FindUnmet(const Plan& plan, const analysis::ResultsFile& file);

// "n=4 loss=0.01".
std::string Describe(const Point& point);

}  // namespace lockstep::sweep
