// Plans of sweeps: by which one is to be made, or by which a results file was made.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "analysis/results/results.h"
#include "tools/lockstep/program.h"
#include "tools/sweep/plan.h"
#include "tools/sweep/sweep_file.h"

namespace lockstep::cli {

// A plan, with the sweep that it refers to.
struct Planned {
  std::unique_ptr<sweep::Sweep> sweep;
  sweep::Plan plan;
  Additions own;  // that its scenarios may name
};

// What formulas of a sweep may name, beside what it records itself.
std::vector<std::string> FormulaMetrics(const Additions& own);

// Of the sweep file in `path`.
absl::StatusOr<Planned> PlanOf(const std::string& path, const Additions& own = {});
// Of a sweep that is written out in another file, `path`, from which its names start.
absl::StatusOr<Planned> PlanOf(const nlohmann::json& document, const std::string& path,
                               const Additions& own = {});
// Of what a results file says of itself; `path` is its name, for messages. Where this revision of
// lockstep would number its points otherwise, that is an error.
absl::StatusOr<Planned> PlanOf(const analysis::ResultsHeader& header, const std::string& path,
                               const Additions& own = {});

}  // namespace lockstep::cli
