// Fitting the free parameters of a test bed to published points.
//
// A parameter is physical (a rate, a price of a record) and has a range in which it is plausible;
// one value serves all points. What is minimised is the sum of the squares of ln(simulated /
// published), by Gauss and Newton with the damping of Levenberg and Marquardt; slopes are taken by
// differences, since a simulation has no derivative.

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "tools/lockstep/figure.h"

namespace lockstep::cli {

struct FreeParameter {
  std::string name;
  std::string at;  // JSON pointer in a scenario; below /profile/ in its profile
  std::string unit;
  double from = 0;
  double to = 0;
  double start = 0;
  int decimals = 3;  // that its values have at most
  std::string why;  // it may have any value of its range

  std::string TextAt(double value) const;  // "15.4Gbps"
};

struct Calibration {
  std::string title;
  std::string figure;
  FigureOptions options;  // of the figure: panels and points
  std::string profile;    // path
  std::vector<FreeParameter> parameters;
  // (panel, line, x) that are left out.
  std::vector<std::pair<std::string, std::pair<std::string, double>>> without;
};
// A file with "lockstep_calibration". Errors name the file and the place.
absl::StatusOr<Calibration> ReadCalibration(const std::string& path, const Additions& own);

// A point that was published.
struct FitPoint {
  std::string panel;
  std::string line;
  double x = 0;
  double published = 0;
  double simulated = 0;
};
using FitPoints = std::vector<FitPoint>;
// Errors of these, as shares: the median, and the greatest.
double MedianError(const FitPoints& points);
double WorstError(const FitPoints& points);

// All points with these values of the parameters. An error ends the fit.
using Simulate = std::function<absl::StatusOr<FitPoints>(const std::vector<double>& values)>;
// Runs the figure; `jobs` runs at a time.
Simulate SimulateFigure(const Calibration& calibration, unsigned jobs);

struct Fit {
  std::vector<double> values;  // of the parameters
  FitPoints before;
  FitPoints points;
  // slopes[parameter][point]: by how much ln(simulated) changes from one end of the parameter's
  // range to the other, as it does near the best values; empty where it was not measured.
  std::vector<std::vector<double>> slopes;
  bool is_complete = true;  // not interrupted
};
// At most `iterations` steps. `on_try(count, points)` is called after each simulation of all
// points.
absl::StatusOr<Fit> FitParameters(const std::vector<FreeParameter>& parameters,
                                  const Simulate& simulate, int iterations,
                                  const std::function<void(int, const FitPoints&)>& on_try);

std::string FitReport(const Calibration& calibration, const Fit& fit);
nlohmann::json FitJson(const Calibration& calibration, const Fit& fit);
// The profile with its parameters' values, each with where it comes from.
absl::StatusOr<nlohmann::ordered_json> FittedProfile(const Calibration& calibration,
                                                     const Fit& fit);

}  // namespace lockstep::cli
