// A figure as data: rows, each a scenario with changes, and what was published for it.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "sim/scenario/scenario.h"
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

struct Figure {
  std::string title;
  std::string unit;
  std::uint64_t seeds = 1;  // runs of each row: the scenario's seed, and those after it
  std::vector<FigureRow> rows;
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

// Reads a figure file; values "published" are JSON pointers into its reference file.
absl::StatusOr<Figure> ReadFigure(const std::string& path);
// Runs all rows with all seeds, `jobs` runs at a time; the first error ends it. Rows are
// independent worlds, so the order of their ends changes nothing.
absl::StatusOr<std::vector<FigureResult>> ComputeFigure(const Figure& figure, unsigned jobs);

std::string ToTable(const Figure& figure, const std::vector<FigureResult>& rows);
nlohmann::json ToJson(const std::vector<FigureResult>& rows);

}  // namespace lockstep::cli
