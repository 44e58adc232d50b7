// A panel of a figure: lines over what a sweep finds, next to lines that somebody else has found.
//
// A panel names a sweep, as a file or written out, and says what of it is x, what is y, and what
// tells lines apart. It has a quick form, which is the sweep with changes (a merge patch, RFC
// 7396).

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "analysis/results/results.h"
#include "protocols/parameters/parameters.h"
#include "tools/lockstep/program.h"
#include "tools/lockstep/sweep_plan.h"
#include "tools/sweep/expression.h"

namespace lockstep::cli {

struct Panel {
  std::string name;
  std::string title;
  std::string x_title;
  std::string y_title;
  bool has_log_y = false;
  Planned planned;
  std::vector<std::string> by;  // parameters that tell lines apart
  // Lines: a parameter, and a formula over means. Quantiles: no parameter, but at each x (a share
  // of all) the metric that is its quantile.
  std::string x;
  std::optional<sweep::Expression> y;
  std::vector<std::pair<double, std::string>> quantiles;
  // reference[line]: points (x, y) of another source.
  std::map<std::string, std::vector<std::pair<double, double>>> reference;
  // What is more than this factor away from its reference is said to be; none: nothing is said.
  std::optional<double> within;

  bool is_quantiles() const { return !y; }
};

// `reference` is what the figure's "reference" names, and its errors' name is `file`. `own` is what
// its sweep's scenarios may name beside what lockstep has.
absl::StatusOr<Panel> ReadPanel(Parameters& panel, const nlohmann::json& reference, bool is_quick,
                                const Additions& own = {});

struct PanelPoint {
  std::string line;
  double x = 0;
  double y = 0;
  std::optional<double> reference;
  bool is_outside = false;  // of the factor that the panel allows
};
// Of runs of the panel's sweep, in order of points.
std::vector<PanelPoint> PointsOf(const Panel& panel, const std::vector<analysis::RunRow>& rows);

// A column for each line, a row for each x; the reference in parentheses.
std::string ToTable(const Panel& panel, const std::vector<PanelPoint>& points);
nlohmann::json ToJson(const Panel& panel, const std::vector<PanelPoint>& points);

}  // namespace lockstep::cli
