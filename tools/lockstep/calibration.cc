// Fitting a test bed: see calibration.h.

#include "tools/lockstep/calibration.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "protocols/parameters/parameters.h"
#include "sim/scenario/name_search.h"
#include "tools/lockstep/file_kind.h"
#include "tools/lockstep/interrupt.h"
#include "tools/lockstep/rows.h"

namespace lockstep::cli {
namespace {

using nlohmann::json;

// Steps and slopes are taken on a scale on which each range is from 0 to 1.
constexpr double kSlopeStep = 0.1;
constexpr int kDampings = 4;

double ErrorOf(const FitPoint& point) { return std::abs(point.simulated / point.published - 1); }

double Residual(const FitPoint& point) { return std::log(point.simulated / point.published); }

double SumOfSquares(const FitPoints& points) {
  double sum = 0;
  for (const FitPoint& point : points) sum += Residual(point) * Residual(point);
  return sum;
}

double ValueOf(const FreeParameter& parameter, double scaled) {
  return parameter.from + scaled * (parameter.to - parameter.from);
}

std::vector<double> ValuesOf(const std::vector<FreeParameter>& parameters,
                             const std::vector<double>& scaled) {
  std::vector<double> values;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    values.push_back(ValueOf(parameters[i], scaled[i]));
  return values;
}

// Solves a small symmetric system that damping has made definite, by Cholesky's method; empty where
// it is not.
std::vector<double> Solve(std::vector<std::vector<double>> matrix, std::vector<double> right) {
  const std::size_t n = right.size();
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = 0; k < j; ++k) matrix[j][j] -= matrix[j][k] * matrix[j][k];
    if (!(matrix[j][j] > 0)) return {};
    matrix[j][j] = std::sqrt(matrix[j][j]);
    for (std::size_t i = j + 1; i < n; ++i) {
      for (std::size_t k = 0; k < j; ++k) matrix[i][j] -= matrix[i][k] * matrix[j][k];
      matrix[i][j] /= matrix[j][j];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) right[i] -= matrix[i][k] * right[k];
    right[i] /= matrix[i][i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) right[i] -= matrix[k][i] * right[k];
    right[i] /= matrix[i][i];
  }
  return right;
}

// The damped step of Gauss and Newton; empty where the slopes tell nothing.
std::vector<double> Step(const std::vector<std::vector<double>>& slopes, const FitPoints& points,
                         double damping) {
  const std::size_t n = slopes.size();
  std::vector<std::vector<double>> normal(n, std::vector<double>(n));
  std::vector<double> right(n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < points.size(); ++k) right[i] -= slopes[i][k] * Residual(points[k]);
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t k = 0; k < points.size(); ++k) normal[i][j] += slopes[i][k] * slopes[j][k];
    normal[i][i] += damping * (normal[i][i] + 1e-3);
  }
  return Solve(std::move(normal), std::move(right));
}

FreeParameter ReadParameter(Parameters& entry) {
  FreeParameter read;
  read.name = entry.String("name");
  read.at = entry.String("at");
  read.unit = entry.StringOr("unit", "");
  const auto number = [&](std::string_view key) {
    const json* const value = entry.Raw(key);
    if (value != nullptr && value->is_number()) return value->get<double>();
    entry.FailWanted(key, "a number, in the unit of the parameter");
    return 0.0;
  };
  read.from = number("from");
  read.to = number("to");
  read.start = number("start");
  read.decimals = static_cast<int>(entry.IntegerOr("decimals", 3, 0, 9));
  read.why = entry.String("why");
  if (entry.ok() && !(read.from < read.to && read.from <= read.start && read.start <= read.to))
    entry.FailWanted("start", "from <= start <= to, and from < to");
  return read;
}

}  // namespace

std::string FreeParameter::TextAt(double value) const {
  std::string text = absl::StrFormat("%.*f", decimals, value);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text + unit;
}

absl::StatusOr<Calibration> ReadCalibration(const std::string& given, const Additions& own) {
  const std::string path = sim::FindGiven(given);
  const auto document = ReadJsonFile(path);
  if (!document.ok()) return document.status();
  if (absl::Status kind = CheckKind(*document, "lockstep_calibration", path); !kind.ok())
    return kind;
  Parameters file(*document, path, "");
  file.Integer("lockstep_calibration", 1, 1);
  Calibration read;
  read.options.own = own;
  read.title = file.String("title");
  file.StringOr("why", "");
  read.figure = sim::ResolveName(path, file.String("figure"));
  read.profile = sim::ResolveName(path, file.String("profile"));
  read.options.seeds = file.IntegerOr("seeds", 1, 1, 1'000);
  const json* const panels = file.Raw("panels");
  for (const json& name : panels == nullptr ? json::array() : *panels)
    if (name.is_string()) read.options.panels.push_back(name.get<std::string>());
  const json* const points = file.Raw("points");
  const json chosen = points == nullptr ? json::object() : *points;
  for (const auto& [axis, values] : chosen.items())
    for (const json& value : values)
      read.options.points[axis].push_back(value.is_string() ? value.get<std::string>()
                                                            : value.dump());
  for (Parameters& entry : file.ObjectsOr("without")) {
    const json* const x = entry.Raw("x");
    if (x == nullptr || !x->is_number()) entry.FailWanted("x", "a number");
    const std::string panel = entry.String("panel");
    const std::string line = entry.String("line");
    entry.String("why");
    if (entry.ok()) read.without.push_back({panel, {line, x->get<double>()}});
  }
  for (Parameters& entry : file.ObjectsOr("parameters"))
    read.parameters.push_back(ReadParameter(entry));
  if (file.ok() && read.parameters.empty()) file.FailWanted("parameters", "at least one");
  if (absl::Status done = file.Done(); !done.ok()) return done;
  return read;
}

double MedianError(const FitPoints& points) {
  std::vector<double> errors;
  for (const FitPoint& point : points) errors.push_back(ErrorOf(point));
  if (errors.empty()) return 0;
  std::sort(errors.begin(), errors.end());
  return (errors[(errors.size() - 1) / 2] + errors[errors.size() / 2]) / 2;
}

double WorstError(const FitPoints& points) {
  double worst = 0;
  for (const FitPoint& point : points) worst = std::max(worst, ErrorOf(point));
  return worst;
}

Simulate SimulateFigure(const Calibration& calibration, unsigned jobs) {
  return [&calibration, jobs](const std::vector<double>& values) -> absl::StatusOr<FitPoints> {
    FigureOptions options = calibration.options;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const FreeParameter& parameter = calibration.parameters[i];
      options.set.emplace_back(parameter.at, json(parameter.TextAt(values[i])).dump());
    }
    const auto figure = ReadFigure(calibration.figure, options);
    if (!figure.ok()) return figure.status();
    const auto panels = ComputePanels(*figure, {jobs, "", /*is_quiet=*/true});
    if (!panels.ok()) return panels.status();
    FitPoints points;
    for (std::size_t i = 0; i < panels->size(); ++i) {
      for (const analysis::RunRow& run : (*panels)[i].runs) {
        if (run.outcome == analysis::Outcome::kJudged || IsInterrupted()) continue;
        return absl::InvalidArgumentError(absl::StrCat(
            calibration.figure, ": a run of figure ", figure->panels[i].name, " was not judged (",
            std::string(analysis::Name(run.outcome)), "): ", run.error));
      }
      for (const PanelPoint& point : (*panels)[i].points) {
        const std::string& panel = figure->panels[i].name;
        const std::pair<std::string, std::pair<std::string, double>> key = {panel,
                                                                            {point.line, point.x}};
        if (!point.reference ||
            std::ranges::find(calibration.without, key) != calibration.without.end())
          continue;
        points.push_back({panel, point.line, point.x, *point.reference, point.y});
      }
    }
    return points;
  };
}

absl::StatusOr<Fit> FitParameters(const std::vector<FreeParameter>& parameters,
                                  const Simulate& simulate, int iterations,
                                  const std::function<void(int, const FitPoints&)>& on_try) {
  int tries = 0;
  const auto points_at = [&](const std::vector<double>& scaled) -> absl::StatusOr<FitPoints> {
    auto points = simulate(ValuesOf(parameters, scaled));
    if (points.ok() && !IsInterrupted()) on_try(++tries, *points);
    return points;
  };
  std::vector<double> best;
  for (const FreeParameter& parameter : parameters)
    best.push_back((parameter.start - parameter.from) / (parameter.to - parameter.from));
  auto first = points_at(best);
  if (!first.ok()) return first.status();
  if (first->empty())
    return absl::InvalidArgumentError("no point of the figure has a published value");
  Fit fit;
  fit.before = fit.points = *first;
  double damping = 0.1;
  for (int i = 0; i < iterations && !IsInterrupted(); ++i) {
    std::vector<std::vector<double>> slopes;
    for (std::size_t p = 0; p < parameters.size() && !IsInterrupted(); ++p) {
      std::vector<double> moved = best;
      const double step = moved[p] + kSlopeStep <= 1 ? kSlopeStep : -kSlopeStep;
      moved[p] += step;
      auto points = points_at(moved);
      if (!points.ok()) return points.status();
      if (IsInterrupted() || points->size() != fit.points.size()) break;
      std::vector<double>& of_parameter = slopes.emplace_back();
      for (std::size_t k = 0; k < points->size(); ++k)
        of_parameter.push_back((Residual((*points)[k]) - Residual(fit.points[k])) / step);
    }
    if (slopes.size() < parameters.size()) break;
    fit.slopes = slopes;
    bool is_better = false;
    for (int d = 0; d < kDampings && !is_better && !IsInterrupted(); ++d) {
      const std::vector<double> step = Step(slopes, fit.points, damping);
      if (step.empty()) break;
      std::vector<double> tried = best;
      for (std::size_t p = 0; p < tried.size(); ++p)
        tried[p] = std::clamp(tried[p] + step[p], 0.0, 1.0);
      auto points = points_at(tried);
      if (!points.ok()) return points.status();
      if (IsInterrupted()) break;
      is_better =
          points->size() == fit.points.size() && SumOfSquares(*points) < SumOfSquares(fit.points);
      damping = is_better ? damping / 4 : damping * 5;
      if (!is_better) continue;
      best = tried;
      fit.points = *std::move(points);
    }
    if (!is_better) break;
  }
  fit.values = ValuesOf(parameters, best);
  fit.is_complete = !IsInterrupted();
  return fit;
}

std::string FitReport(const Calibration& calibration, const Fit& fit) {
  std::string text = calibration.title + "\n\n";
  std::vector<std::vector<std::string>> rows = {
      {"parameter", "before", "fitted", "plausible", "most sensitive"}};
  for (std::size_t p = 0; p < calibration.parameters.size(); ++p) {
    const FreeParameter& parameter = calibration.parameters[p];
    std::string sensitive = "-";
    if (p < fit.slopes.size()) {
      std::size_t most = 0;
      for (std::size_t k = 0; k < fit.slopes[p].size(); ++k)
        if (std::abs(fit.slopes[p][k]) > std::abs(fit.slopes[p][most])) most = k;
      const FitPoint& point = fit.points[most];
      sensitive = absl::StrFormat("%s %s at %g: %+.1f %% for a tenth of the range", point.panel,
                                  point.line, point.x, fit.slopes[p][most] * 10);
    }
    rows.push_back(
        {parameter.name, parameter.TextAt(parameter.start), parameter.TextAt(fit.values[p]),
         absl::StrCat(parameter.TextAt(parameter.from), " to ", parameter.TextAt(parameter.to)),
         sensitive});
  }
  absl::StrAppend(&text, AlignedTable(rows, std::vector<std::vector<bool>>(
                                                rows.size(), std::vector<bool>(5, false))));
  rows = {{"figure", "line", "x", "published", "before", "fitted", "error"}};
  for (std::size_t k = 0; k < fit.points.size(); ++k) {
    const FitPoint& point = fit.points[k];
    rows.push_back({point.panel, point.line, absl::StrFormat("%g", point.x),
                    absl::StrFormat("%.4g", point.published),
                    absl::StrFormat("%.4g", fit.before[k].simulated),
                    absl::StrFormat("%.4g", point.simulated),
                    absl::StrFormat("%+.1f %%", (point.simulated / point.published - 1) * 100)});
  }
  std::vector<std::vector<bool>> is_number(rows.size(),
                                           {false, false, true, true, true, true, true});
  absl::StrAppend(&text, "\n", AlignedTable(rows, is_number));
  absl::StrAppendFormat(
      &text, "\n  %d points: median error %.1f %%, worst %.1f %% (before: %.1f %% and %.1f %%)%s\n",
      fit.points.size(), MedianError(fit.points) * 100, WorstError(fit.points) * 100,
      MedianError(fit.before) * 100, WorstError(fit.before) * 100,
      fit.is_complete ? "" : "; interrupted: the best so far");
  return text;
}

json FitJson(const Calibration& calibration, const Fit& fit) {
  json made = {{"title", calibration.title},
               {"is_complete", fit.is_complete},
               {"median_error", MedianError(fit.points)},
               {"worst_error", WorstError(fit.points)},
               {"parameters", json::array()},
               {"points", json::array()}};
  for (std::size_t p = 0; p < calibration.parameters.size(); ++p) {
    const FreeParameter& parameter = calibration.parameters[p];
    json entry = {{"name", parameter.name},
                  {"at", parameter.at},
                  {"value", parameter.TextAt(fit.values[p])},
                  {"from", parameter.TextAt(parameter.from)},
                  {"to", parameter.TextAt(parameter.to)}};
    if (p < fit.slopes.size()) entry["slopes"] = fit.slopes[p];
    made["parameters"].push_back(std::move(entry));
  }
  for (std::size_t k = 0; k < fit.points.size(); ++k) {
    const FitPoint& point = fit.points[k];
    made["points"].push_back({{"figure", point.panel},
                              {"line", point.line},
                              {"x", point.x},
                              {"published", point.published},
                              {"before", fit.before[k].simulated},
                              {"fitted", point.simulated}});
  }
  return made;
}

absl::StatusOr<nlohmann::ordered_json> FittedProfile(const Calibration& calibration,
                                                     const Fit& fit) {
  const auto text = ReadTextFile(calibration.profile);
  if (!text.ok()) return text.status();
  auto profile = nlohmann::ordered_json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (profile.is_discarded())
    return absl::InvalidArgumentError(absl::StrCat(calibration.profile, ": is no JSON"));
  constexpr std::string_view kInProfile = "/profile";
  for (std::size_t p = 0; p < calibration.parameters.size(); ++p) {
    const FreeParameter& parameter = calibration.parameters[p];
    if (parameter.at.rfind(std::string(kInProfile) + "/", 0) != 0) continue;
    const nlohmann::ordered_json::json_pointer at(parameter.at.substr(kInProfile.size()));
    profile[at] = parameter.TextAt(fit.values[p]);
    profile[at.parent_pointer()]["source"] =
        absl::StrCat("fitted (tools/calibrate), between ", parameter.TextAt(parameter.from),
                     " and ", parameter.TextAt(parameter.to), ": ", parameter.why);
  }
  return profile;
}

}  // namespace lockstep::cli
