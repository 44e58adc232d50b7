// A trace as a timeline: see plot_data.h.

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "analysis/recipe.h"
#include "analysis/timeline.h"
#include "protocols/parameters/parameters.h"
#include "sim/trace/json_lines.h"
#include "tools/lockstep/plot_data.h"

namespace lockstep::cli {
namespace {

using analysis::Timeline;
using nlohmann::json;

// A picture has some hundreds of points across; rows beyond this are not seen any more.
constexpr std::int64_t kMostBins = 20'000;

double Microseconds(core::Instant at) { return static_cast<double>(at.ps()) / 1e6; }

json OrNull(const std::optional<double>& value) { return value ? json(*value) : json(); }

DataTable RowsOf(const Timeline& timeline, const analysis::Recipe& recipe) {
  DataTable table;
  table.columns = {"time_us",        "host",       "commits", "answered",
                   "latency_rounds", "lag_rounds", "lanes"};
  for (const Timeline::Row& row : timeline.Rows()) {
    table.rows.push_back({Microseconds(row.begin), HostName(recipe, row.host), row.commits,
                          row.answered, OrNull(row.latency_rounds), OrNull(row.lag_rounds),
                          row.lanes ? json(*row.lanes) : json()});
  }
  return table;
}

DataTable MarksOf(const Timeline& timeline, const Timeline::Window& window) {
  DataTable table;
  table.columns = {"time_us", "what"};
  for (const Timeline::Mark& mark : timeline.marks())
    if (mark.at >= window.from && mark.at < window.until)
      table.rows.push_back({Microseconds(mark.at), mark.what});
  return table;
}

absl::StatusOr<Timeline::Window> WindowOf(const analysis::Recipe& recipe,
                                          const TimelineOptions& options) {
  const core::Duration from = options.from.value_or(core::Duration());
  const core::Duration until = std::min(options.until.value_or(recipe.run_for), recipe.run_for);
  if (!(options.bin > core::Duration()))
    return absl::InvalidArgumentError("--bin: want a time > 0");
  if (until - from < options.bin) {
    return absl::InvalidArgumentError(
        absl::StrCat("--from, --until: want at least one bin of ", FormatDuration(options.bin),
                     " within the run's ", FormatDuration(recipe.run_for)));
  }
  const std::int64_t bins = (until - from).ps() / options.bin.ps();
  if (bins > kMostBins) {
    return absl::InvalidArgumentError(
        absl::StrCat("--bin: ", bins, " bins are more than the ", kMostBins,
                     " that a picture can show; want longer ones, or --from and --until"));
  }
  return Timeline::Window{options.bin, core::Instant() + from, core::Instant() + until};
}

}  // namespace

absl::StatusOr<Picture> TimelineOf(const std::string& path, const TimelineOptions& options) {
  auto reader = trace::TraceReader::Open(path);
  if (!reader.ok()) return reader.status();
  const auto recipe = analysis::ReadRecipe(reader->recipe());
  if (!recipe.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ":1: ", recipe.status().message()));
  }
  const auto window = WindowOf(*recipe, options);
  if (!window.ok()) return window.status();
  Timeline timeline(*recipe, *window);
  if (const auto footer = reader->Replay({&timeline}); !footer.ok()) return footer.status();
  Picture picture;
  picture.specification = "timeline";
  picture.rows = RowsOf(timeline, *recipe);
  if (picture.rows.rows.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": nobody commits or asks anything in it: there is no timeline to show"));
  }
  picture.more["marks"] = MarksOf(timeline, *window);
  const json::json_pointer place("/scenario/name");
  const json& line = reader->recipe();
  const bool has_name = line.contains(place) && line.at(place).is_string();
  picture.places["title"] = absl::StrCat(has_name ? line.at(place).get<std::string>() : path,
                                         " (seed ", recipe->seed, ")");
  const std::optional<double> round_ps = timeline.round_ps();
  picture.places["subtitle"] =
      absl::StrCat("bins of ", FormatDuration(options.bin),
                   round_ps ? absl::StrFormat("; rounds of %.3f us", *round_ps / 1e6) : "");
  return picture;
}

}  // namespace lockstep::cli
