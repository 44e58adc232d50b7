// A panel of a figure: lines over what a sweep finds, next to lines that somebody else has found.
//
// A panel names a sweep, as a file or written out, and says what of it is x, what is y, and what
// tells lines apart. It has a quick form, which is the sweep with changes (a merge patch, RFC
// 7396). Or it shows, without a run, how messages are apportioned to replicas by stake.

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
#include "sim/scenario/override.h"
#include "tools/lockstep/program.h"
#include "tools/lockstep/sweep_plan.h"
#include "tools/sweep/expression.h"

namespace lockstep::cli {

// What of a figure is wanted.
struct FigureOptions {
  bool is_quick = false;
  std::vector<std::string> panels;  // names; empty: all
  // Of these axes these values, in place of those that a panel is made at by default; `has_all`:
  // all of every axis.
  std::map<std::string, std::vector<std::string>> points;
  bool has_all = false;
  std::optional<std::uint64_t> seeds;
  // Of the scenarios, where the figure itself says nothing of these places.
  std::vector<sim::Override> set;
  Additions own;  // that its scenarios may name, beside what lockstep has
};

// A quantum of messages, for replicas with these stakes.
struct Quantum {
  std::string line;
  std::vector<std::uint32_t> stake;
  std::uint64_t messages = 0;
};

struct Panel {
  std::string name;
  std::string title;
  std::string x_title;
  std::string y_title;
  bool has_log_x = false;
  bool has_log_y = false;
  // One of these two: runs, or what needs none.
  std::optional<Planned> planned;
  std::vector<Quantum> quanta;
  std::vector<std::string> by;  // parameters that tell lines apart
  // Lines: a parameter, and a formula over means. Quantiles: no parameter, but at each x (a share
  // of all) the metric that is its quantile.
  std::string x;
  std::optional<sweep::Expression> y;
  std::vector<std::pair<double, std::string>> quantiles;
  std::vector<std::string> also;  // metrics that each point has beside y
  // reference[line]: points (x, y) of another source. Where it contradicts itself there are several
  // of one x, and the nearest counts.
  std::map<std::string, std::vector<std::pair<double, double>>> reference;
  // What is more than this factor away from its reference is said to be; none: nothing is said.
  std::optional<double> within;
  // Its reference is a bound: what is above it is said to be, and nobody asks how far below it the
  // rest is.
  bool is_bounded = false;

  bool is_quantiles() const { return planned && !y; }
  // Whether a point that is not at its reference is wrong.
  bool is_exact() const { return !quanta.empty(); }
};

// `reference` is what the figure's "reference" names, and its errors' name is `file`.
absl::StatusOr<Panel> ReadPanel(Parameters& panel, const nlohmann::json& reference,
                                const FigureOptions& options);

struct PanelPoint {
  std::string line;
  double x = 0;
  double y = 0;
  // Half of what lies between the least and the greatest seed, as a share of the mean; none where
  // there is one seed.
  std::optional<double> spread;
  std::optional<double> reference;
  bool is_outside = false;                  // of the factor that the panel allows
  std::vector<std::optional<double>> also;  // as the panel has them
  // Of the first of its runs that did not end as expected, or else of the first.
  std::string verdict;
  std::uint64_t seed = 0;
  std::string digest;
  std::string complaint_rule;  // by which it resends, and from when on; empty: by none
};
// Of runs of the panel's sweep, in order of points; of quanta, a replica's messages each.
std::vector<PanelPoint> PointsOf(const Panel& panel, const std::vector<analysis::RunRow>& rows);

// A column for each line, a row for each x; the reference in parentheses.
std::string ToTable(const Panel& panel, const std::vector<PanelPoint>& points);
// How far from their references they are: "median 3.1 %, worst 9.0 % (ATA at 10)"; empty where none
// has one.
std::string Distance(const std::vector<PanelPoint>& points);
nlohmann::json ToJson(const Panel& panel, const std::vector<PanelPoint>& points);

// Whether it has points that its reference shows to be wrong.
bool IsWrong(const Panel& panel, const std::vector<PanelPoint>& points);

// Points as rows of a table: the panel's name, line, x, y, ..., then what is in `also`.
std::vector<std::string> PointColumns(const std::vector<std::string>& also);
std::vector<nlohmann::json> PointCells(const nlohmann::json& panel, const nlohmann::json& point,
                                       const std::vector<std::string>& also);

}  // namespace lockstep::cli
