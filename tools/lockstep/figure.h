// A figure as data: rows, each a scenario with changes, and what was published for it; or panels,
// each a sweep that is shown as lines (panel.h).

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "analysis/results/results.h"
#include "sim/scenario/override.h"
#include "tools/lockstep/figure_runs.h"
#include "tools/lockstep/panel.h"
#include "tools/lockstep/program.h"

namespace lockstep::cli {

struct FigureRow {
  std::string label;
  std::string scenario;  // path
  std::vector<sim::Override> overrides;
  // Published values, of which the nearest counts where the source contradicts itself; may be none.
  std::vector<double> published;
  std::string note;
};

// Rows of one scenario, in order, as a sweep whose points they are.
struct RowSweep {
  std::string name;  // of the scenario's file, without its ending
  std::vector<std::size_t> rows;
  std::optional<Planned> planned;  // once it is
};

// Either rows or panels.
struct Figure {
  std::string title;
  std::string note;         // what is to be said of all of it; may be empty
  std::string unit;         // of rows
  std::uint64_t seeds = 1;  // runs of each row: the scenario's seed, and those after it
  std::vector<FigureRow> rows;
  std::vector<RowSweep> sweeps;  // of the rows
  std::vector<Panel> panels;
  Additions own;  // that its scenarios may name
};

// Numbers are means over the seeds.
struct FigureResult {
  std::string label;
  std::vector<analysis::RunRow> runs;  // by seed
  std::vector<double> by_seed;         // `simulated` of each
  double simulated = 0;                // messages per second, as published, mean of both streams
  double delivered = 0;                // the same, as delivered
  std::optional<double> published;     // the nearest of the row's
  std::optional<double> resends;       // per message
  std::optional<double> premature;     // per message
  // Half of what lies between the least and the greatest seed, as a share of the mean; none where
  // there is one seed. Zero: the point is deterministic.
  std::optional<double> spread;
  std::string note;
};

// Reads a figure file, or the figure of that name ("picsou") that lockstep came with; values
// "published" are JSON pointers into its reference file. Rows have neither a quick form nor points.
absl::StatusOr<Figure> ReadFigure(const std::string& path, const FigureOptions& options = {});
// Plans the rows of a figure in `path`. Errors: a row does not compile.
absl::Status PlanRows(Figure& figure, const std::string& path);
// Runs all rows with all seeds, as sweeps on the engine; of what is interrupted, whole rows are
// there. What a run fails of is in it. Errors: a file cannot be written, or holds something else.
absl::StatusOr<std::vector<FigureResult>> ComputeFigure(const Figure& figure,
                                                        const FigureRuns& how);

// What became of a panel: runs in order, and the points that they make.
struct PanelResult {
  std::vector<analysis::RunRow> runs;
  std::vector<PanelPoint> points;
};
// The same for the panels of a figure, one after the other; with a folder for them also NAME.csv
// and NAME.json of each.
absl::StatusOr<std::vector<PanelResult>> ComputePanels(const Figure& figure, const FigureRuns& how);

std::string ToTable(const Figure& figure, const std::vector<FigureResult>& rows);
nlohmann::json ToJson(const std::vector<FigureResult>& rows);
// A row for each row of the figure: label, simulated, ...
std::string ToCsv(const std::vector<FigureResult>& rows);

std::string ToTable(const Figure& figure, const std::vector<PanelResult>& panels);
nlohmann::json ToJson(const Figure& figure, const std::vector<PanelResult>& panels);
// A row for each point: see PointColumns.
std::string ToCsv(const Figure& figure, const std::vector<PanelResult>& panels);
// Which runs did not end as expected, and why: for people who read neither. Empty: all did.
std::string Unexpected(const Figure& figure, const std::vector<PanelResult>& panels);

}  // namespace lockstep::cli
