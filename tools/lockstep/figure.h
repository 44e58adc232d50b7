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

// Reads a figure file; values "published" are JSON pointers into its reference file. Panels have a
// quick form, rows have none.
absl::StatusOr<Figure> ReadFigure(const std::string& path, bool is_quick = false,
                                  const Additions& own = {});
// Runs all rows with all seeds, `jobs` runs at a time; the first error ends it. Rows are
// independent worlds, so the order of their ends changes nothing.
absl::StatusOr<std::vector<FigureResult>> ComputeFigure(const Figure& figure, unsigned jobs);

// What became of a panel: runs in order, and the lines that they make.
struct PanelResult {
  std::vector<analysis::RunRow> runs;
  std::vector<PanelPoint> points;
};
// The same for the panels of a figure. What a run fails of is in its row.
absl::StatusOr<std::vector<PanelResult>> ComputePanels(const Figure& figure, unsigned jobs);

std::string ToTable(const Figure& figure, const std::vector<FigureResult>& rows);
nlohmann::json ToJson(const std::vector<FigureResult>& rows);
// A row for each row of the figure: label, simulated, ...
std::string ToCsv(const std::vector<FigureResult>& rows);

std::string ToTable(const Figure& figure, const std::vector<PanelResult>& panels);
nlohmann::json ToJson(const Figure& figure, const std::vector<PanelResult>& panels);
// A row for each point: panel, line, x, y, reference.
std::string ToCsv(const Figure& figure, const std::vector<PanelResult>& panels);

}  // namespace lockstep::cli
