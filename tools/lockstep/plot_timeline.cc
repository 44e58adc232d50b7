// A trace as a timeline: see plot_data.h.

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "analysis/recipe.h"
#include "analysis/timeline.h"
#include "protocols/parameters/parameters.h"
#include "sim/trace/json_lines.h"
#include "tools/lockstep/plot_data.h"
#include "tools/lockstep/plot_window.h"

namespace lockstep::cli {
namespace {

using analysis::Timeline;
using nlohmann::json;

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

}  // namespace

absl::StatusOr<Picture> TimelineOf(const TraceFile& file, const TraceOptions& options) {
  const std::string& path = file.path;
  auto reader = trace::TraceReader::Open(path, file.taken);
  if (!reader.ok()) return reader.status();
  const auto recipe = analysis::ReadRecipe(reader->recipe());
  if (!recipe.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ":1: ", recipe.status().message()));
  }
  const auto shown = PlotWindowOf(*recipe, options);
  if (!shown.ok()) return shown.status();
  const Timeline::Window window = {shown->bin, shown->from, shown->until};
  Timeline timeline(*recipe, window);
  if (const auto footer = reader->Replay({&timeline}); !footer.ok()) return footer.status();
  Picture picture;
  picture.specification = "timeline";
  picture.rows = RowsOf(timeline, *recipe);
  if (picture.rows.rows.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": nobody commits or asks anything in it: there is no timeline to show"));
  }
  picture.more["marks"] = MarksOf(timeline, window);
  picture.places["title"] =
      absl::StrCat(TitleOf(reader->recipe(), path), " (seed ", recipe->seed, ")");
  const std::optional<double> round_ps = timeline.round_ps();
  picture.places["subtitle"] =
      absl::StrCat("bins of ", FormatDuration(window.bin),
                   round_ps ? absl::StrFormat("; rounds of %.3f us", *round_ps / 1e6) : "");
  return picture;
}

}  // namespace lockstep::cli
