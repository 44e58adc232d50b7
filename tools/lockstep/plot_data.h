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

// A trace that is to be read; `taken`: see FileHead.
struct TraceFile {
  std::string path;
  std::string taken;
};

struct TraceOptions {
  std::optional<core::Duration> bin;    // about a hundred of them
  std::optional<core::Duration> from;   // of the run; its beginning
  std::optional<core::Duration> until;  // its end
};
// Of a trace: columns time_us (where a bin begins), quantity, unit, of, what and per_s, which is
// empty where nothing is known; see analysis/activity.h. `notes`: kinds whose rates are shown, too.
// Errors: no trace, a kind that it has not, or more bins than a picture can show.
absl::StatusOr<Picture> ActivityOf(const TraceFile& file, const TraceOptions& options,
                                   const std::vector<std::string>& notes);

// Of a trace: columns time_us, host, commits, answered, latency_rounds, lag_rounds, lanes; see
// analysis/timeline.h. Errors: no trace, or more bins than a picture can show.
absl::StatusOr<Picture> TimelineOf(const TraceFile& file, const TraceOptions& options);

struct ResultsPlotOptions {
  std::string x;                // a parameter; empty: the first one that is a number and varies
  std::vector<std::string> y;   // metrics, or formulas over means: a panel each; empty: throughput
  std::vector<std::string> by;  // parameters that tell lines apart; empty: all others that vary
  std::string where;            // a formula: the points for which it holds; empty: all
  bool has_log_x = false;
  bool has_log_y = false;
};
// Of the results file in `path`: columns metric, unit, x, series, y, low, high and runs; `low` to
// `high` is the 95 % interval of the mean of a metric, where more than one run was judged. A point
// without a value has a row without y; on a logarithmic axis those whose x is not above 0 are left
// out. Errors name the flag, what was wanted, and what the file has.
absl::StatusOr<Picture> ResultsPlotOf(const std::string& path, const ResultsPlotOptions& options);

// Of what `lockstep figures --json` printed.
absl::StatusOr<Picture> FigurePlotOf(const nlohmann::json& figure, const std::string& path);

}  // namespace lockstep::cli
