// What there is to plot: traces, results of sweeps and figures, as pictures.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "protocols/core/time.h"
#include "tools/lockstep/picture.h"

namespace lockstep::cli {

struct TimelineOptions {
  core::Duration bin = core::Duration::Microseconds(10);
  std::optional<core::Duration> from;   // of the run; its beginning
  std::optional<core::Duration> until;  // its end
};
// Of the trace in `path`: columns time_us, host, commits, answered, latency_rounds, lag_rounds,
// lanes; see analysis/timeline.h. Errors: no trace, or more bins than a picture can show.
absl::StatusOr<Picture> TimelineOf(const std::string& path, const TimelineOptions& options);

struct SweepPlotOptions {
  std::string x;                // a parameter; empty: the first one that is a number and varies
  std::string y;                // a metric, or a formula over means
  std::vector<std::string> by;  // parameters that tell lines apart; empty: all others that vary
  bool has_log_x = false;
  bool has_log_y = false;
};
// Of the results file in `path`: columns x, series, y, and of a metric low and high, the 95 %
// interval of its mean. Points without a value are left out, and on a logarithmic axis those whose
// x is not above 0.
absl::StatusOr<Picture> SweepPlotOf(const std::string& path, const SweepPlotOptions& options);

// Of what `lockstep figures --json` printed.
absl::StatusOr<Picture> FigurePlotOf(const nlohmann::json& figure, const std::string& path);

}  // namespace lockstep::cli
