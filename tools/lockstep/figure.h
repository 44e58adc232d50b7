// A figure as data: rows, each a scenario with changes, and what was published for it; or panels,
// each a sweep that is shown as lines (panel.h).

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "sim/scenario/scenario.h"
#include "tools/lockstep/panel.h"
#include "tools/lockstep/program.h"
#include "tools/lockstep/runner.h"

namespace lockstep::cli {

struct FigureRow {
  std::string label;
  std::string scenario;  // path
  std::vector<sim::Override> overrides;
  // Published values, of which the nearest counts where the source contradicts itself; may be none.
  std::vector<double> published;
  std::string note;
};

// Either rows or panels.
struct Figure {
  std::string title;
  std::string note;         // what is to be said of all of it; may be empty
  std::string unit;         // of rows
  std::uint64_t seeds = 1;  // runs of each row: the scenario's seed, and those after it
  std::vector<FigureRow> rows;
  std::vector<Panel> panels;
  Additions own;  // that its scenarios may name
};

// Numbers are means over the seeds.
struct FigureResult {
  std::string label;
  std::vector<RunResult> runs;      // by seed
  std::vector<double> by_seed;      // `simulated` of each
  double simulated = 0;             // messages per second, as published, mean of both streams
  double delivered = 0;             // the same, as delivered
  std::optional<double> published;  // the nearest of the row's
  std::optional<double> resends;    // per message
  std::optional<double> premature;  // per message
  // Half of what lies between the least and the greatest seed, as a share of the mean; none where
  // there is one seed. Zero: the point is deterministic.
  std::optional<double> spread;
  std::string note;
};

// Reads a figure file, or the figure of that name ("picsou") that lockstep came with; values
// "published" are JSON pointers into its reference file. Rows have neither a quick form nor points.
absl::StatusOr<Figure> ReadFigure(const std::string& path, const FigureOptions& options = {});
// Runs all rows with all seeds, `jobs` runs at a time; the first error ends it. Rows are
// independent worlds, so the order of their ends changes nothing.
absl::StatusOr<std::vector<FigureResult>> ComputeFigure(const Figure& figure, unsigned jobs);

// How the runs of panels are made.
struct PanelRuns {
  unsigned jobs = 1;
  // The folder for the results of each panel, NAME.sqlite, gone on with where they are there, and
  // for NAME.csv and NAME.json; empty: nothing is kept.
  std::string out;
  bool is_quiet = false;  // shows no progress
};
// What became of a panel: runs in order, and the points that they make.
struct PanelResult {
  std::vector<analysis::RunRow> runs;
  std::vector<PanelPoint> points;
};
// The same for the panels of a figure, one after the other, each a sweep on the engine. What a run
// fails of is in its row. Errors: a file cannot be written, or holds something else.
absl::StatusOr<std::vector<PanelResult>> ComputePanels(const Figure& figure, const PanelRuns& how);

std::string ToTable(const Figure& figure, const std::vector<FigureResult>& rows);
nlohmann::json ToJson(const std::vector<FigureResult>& rows);
// A row for each row of the figure: label, simulated, ...
std::string ToCsv(const std::vector<FigureResult>& rows);

std::string ToTable(const Figure& figure, const std::vector<PanelResult>& panels);
nlohmann::json ToJson(const Figure& figure, const std::vector<PanelResult>& panels);
// A row for each point: see PointColumns.
std::string ToCsv(const Figure& figure, const std::vector<PanelResult>& panels);

}  // namespace lockstep::cli
