// A figure as data: rows, each a scenario with changes, and what was published for it.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "sim/scenario.h"
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
  std::vector<FigureRow> rows;
};

struct FigureResult {
  std::string label;
  RunResult run;
  double simulated = 0;             // messages per second, as published, mean of both streams
  double delivered = 0;             // the same, as delivered
  std::optional<double> published;  // the nearest of the row's
  std::optional<double> resends;    // per message
  std::optional<double> premature;  // per message
  std::string note;
};

// Reads a figure file; values "published" are JSON pointers into its reference file.
absl::StatusOr<Figure> ReadFigure(const std::string& path);
// Runs all rows, `jobs` at a time; the first error ends it. Rows are independent worlds, so the
// order of their ends changes nothing.
absl::StatusOr<std::vector<FigureResult>> ComputeFigure(const Figure& figure, unsigned jobs);

std::string ToTable(const Figure& figure, const std::vector<FigureResult>& rows);
nlohmann::json ToJson(const std::vector<FigureResult>& rows);

}  // namespace lockstep::cli
