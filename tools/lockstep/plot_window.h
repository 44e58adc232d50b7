// Which part of a run a plot of its trace shows, in bins of which length.

#pragma once

#include <cstdint>

#include "absl/status/statusor.h"

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
                                        const TimelineOptions& options);

}  // namespace lockstep::cli
