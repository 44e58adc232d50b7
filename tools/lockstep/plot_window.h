// Which part of a run a plot of its trace shows, in bins of which length.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "analysis/recipe.h"
#include "protocols/core/time.h"
#include "tools/lockstep/plot_data.h"

namespace lockstep::cli {

struct PlotWindow {
  core::Duration bin;  // > 0
  core::Instant from;
  core::Instant until;  // > from
};

// A length of bins that makes about a hundred of `span`, of one digit: 1, 2 or 5.
core::Duration BinFor(core::Duration span);

// As `options` want it, within the run. Errors name the flag: no bin fits, or more would be shown
// than a picture has room for.
absl::StatusOr<PlotWindow> PlotWindowOf(const analysis::Recipe& recipe,
                                        const TraceOptions& options);

// The name of the scenario that the first line of a trace has, else `path`.
std::string TitleOf(const nlohmann::json& first_line, const std::string& path);

}  // namespace lockstep::cli
