// Results of a sweep as lines: see plot_data.h.

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "analysis/results/results.h"
#include "protocols/parameters/parameters.h"
#include "tools/lockstep/plot_data.h"
#include "tools/sweep/expression.h"

namespace lockstep::cli {
namespace {

using analysis::ResultsFile;
using nlohmann::json;

// The view `summary`: a row for each point, by name of column.
struct Points {
  std::vector<std::string> columns;
  std::vector<std::map<std::string, json>> rows;

  bool Has(const std::string& column) const {
    return std::find(columns.begin(), columns.end(), column) != columns.end();
  }
};

absl::StatusOr<Points> ReadPoints(const ResultsFile& file) {
  Points points;
  const absl::Status asked = file.Query("SELECT * FROM summary ORDER BY point",
                                        {[&](const std::vector<std::string>& names) {
                                           points.columns = names;
                                           return true;
                                         },
                                         [&](const std::vector<json>& values) {
                                           std::map<std::string, json>& row =
                                               points.rows.emplace_back();
                                           for (std::size_t i = 0; i < values.size(); ++i)
                                             row[points.columns[i]] = values[i];
                                           return true;
                                         }});
  if (!asked.ok()) return asked;
  return points;
}

std::string Shown(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// Parameters that have more than one value.
std::vector<std::string> Varying(const Points& points, const std::vector<std::string>& parameters) {
  std::vector<std::string> varying;
  for (const std::string& name : parameters) {
    std::set<std::string> values;
    for (const auto& row : points.rows) values.insert(Shown(row.at(name)));
    if (values.size() > 1) varying.push_back(name);
  }
  return varying;
}

bool IsNumber(const Points& points, const std::string& parameter) {
  return std::all_of(points.rows.begin(), points.rows.end(),
                     [&](const auto& row) { return row.at(parameter).is_number(); });
}

absl::Status CheckParameter(const std::string& flag, const std::string& name,
                            const std::vector<std::string>& parameters) {
  if (std::find(parameters.begin(), parameters.end(), name) != parameters.end())
    return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(flag, ": \"", name,
                                                 "\" is no parameter of the sweep; it has ",
                                                 absl::StrJoin(parameters, ", ")));
}

// Which columns make what.
struct Axes {
  std::string x;
  std::vector<std::string> by;
  std::string y;  // as asked for
  sweep::Expression formula;
  bool is_metric = false;  // `y` is a metric, which has an interval
};

absl::StatusOr<Axes> Choose(const Points& points, const std::vector<std::string>& parameters,
                            const SweepPlotOptions& options) {
  const std::vector<std::string> varying = Varying(points, parameters);
  Axes axes;
  axes.x = options.x;
  for (const std::string& name : varying)
    if (axes.x.empty() && IsNumber(points, name)) axes.x = name;
  if (axes.x.empty()) {
    return absl::InvalidArgumentError("--x: no parameter is a number that varies; want one of " +
                                      absl::StrJoin(parameters, ", "));
  }
  if (absl::Status known = CheckParameter("--x", axes.x, parameters); !known.ok()) return known;
  axes.by = options.by;
  if (axes.by.empty()) {
    std::copy_if(varying.begin(), varying.end(), std::back_inserter(axes.by),
                 [&](const std::string& name) { return name != axes.x; });
  }
  for (const std::string& name : axes.by)
    if (absl::Status known = CheckParameter("--by", name, parameters); !known.ok()) return known;
  axes.y = options.y;
  axes.is_metric = points.Has(axes.y + "_ci95");
  auto formula = sweep::Expression::Parse(axes.y);
  if (!formula.ok())
    return absl::InvalidArgumentError(absl::StrCat("--y: ", formula.status().message()));
  axes.formula = *std::move(formula);
  for (const std::string& name : axes.formula.names()) {
    if (points.Has(name)) continue;
    std::vector<std::string> metrics;
    for (const std::string& column : points.columns)
      if (points.Has(column + "_ci95")) metrics.push_back(column);
    return absl::InvalidArgumentError(absl::StrCat(
        "--y: no metric is called \"", name, "\"; the file has ", absl::StrJoin(metrics, ", ")));
  }
  return axes;
}

// The value at one point; none where it was not measured, or is a division by zero.
std::optional<double> ValueAt(const Axes& axes, const std::map<std::string, json>& row) {
  const auto value = axes.formula.Number([&](std::string_view name) -> std::optional<sweep::Value> {
    const json& cell = row.at(std::string(name));
    if (cell.is_number()) return cell.get<double>();
    if (cell.is_string()) return cell.get<std::string>();
    return std::nullopt;
  });
  return value.ok() ? std::optional<double>(*value) : std::nullopt;
}

DataTable RowsOf(const Points& points, const Axes& axes, bool has_log_x) {
  DataTable table;
  table.columns = {"x", "series", "y", "low", "high"};
  for (const auto& row : points.rows) {
    const std::optional<double> y = ValueAt(axes, row);
    const json& x = row.at(axes.x);
    if (!y || (has_log_x && x.is_number() && x <= 0)) continue;
    std::vector<std::string> labels;
    for (const std::string& name : axes.by)
      labels.push_back(absl::StrCat(name, " ", Shown(row.at(name))));
    const json ci95 = axes.is_metric ? row.at(axes.y + "_ci95") : json();
    json low;
    json high;
    if (ci95.is_number()) {
      low = *y - ci95.get<double>();
      high = *y + ci95.get<double>();
    }
    table.rows.push_back({x, absl::StrJoin(labels, ", "), *y, low, high});
  }
  return table;
}

}  // namespace

absl::StatusOr<Picture> SweepPlotOf(const std::string& path, const SweepPlotOptions& options) {
  const auto file = ResultsFile::OpenToRead(path);
  if (!file.ok()) return file.status();
  const auto points = ReadPoints(**file);
  if (!points.ok()) return points.status();
  const auto axes = Choose(*points, (*file)->header().parameters, options);
  if (!axes.ok())
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", axes.status().message()));
  Picture picture;
  picture.specification = "sweep";
  picture.rows = RowsOf(*points, *axes, options.has_log_x);
  if (picture.rows.rows.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": --y: no point has a value of ", axes->y));
  }
  const bool is_number = IsNumber(*points, axes->x);
  json x_scale = json::object();
  if (is_number) x_scale = {{"type", options.has_log_x ? "log" : "linear"}, {"nice", false}};
  if (is_number && !options.has_log_x) x_scale["zero"] = false;
  picture.places = {{"title", (*file)->header().name},
                    {"x_title", axes->x},
                    {"x_type", is_number ? "quantitative" : "ordinal"},
                    {"x_scale", x_scale},
                    {"y_title", axes->y},
                    {"y_scale", {{"type", options.has_log_y ? "log" : "linear"}}},
                    {"is_shown", options.has_log_y ? "datum.y > 0" : "true"},
                    {"is_at_foot", options.has_log_y ? "datum.y <= 0" : "false"},
                    {"has_interval", options.has_log_y ? "datum.low > 0" : "isValid(datum.low)"},
                    {"series_title", absl::StrJoin(axes->by, ", ")}};
  return picture;
}

}  // namespace lockstep::cli
