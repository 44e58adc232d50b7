// Results of a sweep as lines: see plot_data.h.

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "analysis/results/results.h"
#include "protocols/parameters/parameters.h"
#include "tools/lockstep/plot_data.h"
#include "tools/lockstep/quantity.h"
#include "tools/lockstep/result_points.h"
#include "tools/sweep/expression.h"

namespace lockstep::cli {
namespace {

using analysis::ResultsFile;
using nlohmann::json;

// More lines than that are told apart by nobody.
constexpr std::size_t kMostLines = 40;

// --- Which columns make what ---

struct Panel {
  std::string text;  // as asked for
  std::string unit;  // empty: none is known
  sweep::Expression formula;
  bool is_metric = false;  // which has an interval
};

struct Axes {
  std::string x;
  AxisValues x_values;  // by row
  std::vector<std::string> by;
  std::vector<Panel> panels;
};

absl::Status CheckParameter(const std::string& flag, const std::string& name,
                            const std::vector<std::string>& parameters) {
  if (std::find(parameters.begin(), parameters.end(), name) != parameters.end())
    return absl::OkStatus();
  const std::optional<std::string> nearest = Nearest(name, parameters);
  return absl::InvalidArgumentError(
      absl::StrCat(flag, ": \"", name, "\" is no parameter of the sweep; ",
                   nearest ? absl::StrCat("did you mean \"", *nearest, "\"? It") : "it", " has ",
                   absl::StrJoin(parameters, ", ")));
}

// Whether each value of `x` goes with one value of `other` only, such as a budget with its size.
bool IsGivenBy(const ResultPoints& points, const std::string& x, const std::string& other) {
  std::map<std::string, std::string> seen;
  return std::ranges::all_of(points.rows, [&](const ResultPoints::Row& row) {
    const std::string value = LabelOf(row.at(other));
    return seen.try_emplace(LabelOf(row.at(x)), value).first->second == value;
  });
}

absl::StatusOr<std::string> ChooseX(const ResultPoints& points, const std::string& asked) {
  if (!asked.empty()) {
    const absl::Status known = CheckParameter("--x", asked, points.parameters);
    if (!known.ok()) return known;
    return asked;
  }
  for (const std::vector<std::string>& names : {points.Varying(), points.parameters})
    for (const std::string& name : names)
      if (ValuesOf(points, name).is_number) return name;
  return absl::InvalidArgumentError("--x: no parameter is a number; want one of " +
                                    absl::StrJoin(points.parameters, ", "));
}

absl::StatusOr<std::vector<std::string>> ChooseBy(const ResultPoints& points, const std::string& x,
                                                  const std::vector<std::string>& asked) {
  for (const std::string& name : asked)
    if (absl::Status known = CheckParameter("--by", name, points.parameters); !known.ok())
      return known;
  if (!asked.empty()) return asked;
  // What follows from others tells nothing apart.
  std::vector<std::string> given = {x};
  for (const std::string& name : points.Varying()) {
    const auto gives = [&](const std::string& other) { return IsGivenBy(points, other, name); };
    if (std::ranges::none_of(given, gives)) given.push_back(name);
  }
  return std::vector<std::string>(given.begin() + 1, given.end());
}

absl::StatusOr<Panel> ReadPanel(const ResultPoints& points, const std::string& text) {
  auto formula = sweep::Expression::Parse(text);
  if (!formula.ok())
    return absl::InvalidArgumentError(absl::StrCat("--y: ", formula.status().message()));
  if (absl::Status known = CheckNames(points, "--y", *formula); !known.ok()) return known;
  return Panel{text, UnitOfMetric(text), *std::move(formula), points.IsMetric(text)};
}

// What most are after.
absl::StatusOr<std::string> Throughput(const ResultPoints& points) {
  for (const char* const metric :
       {"delivered_per_s", "client_returned_per_s", "notes_committed_per_s", "published_per_s"})
    if (points.IsMetric(metric)) return std::string(metric);
  return absl::InvalidArgumentError("--y: want a metric, of " +
                                    absl::StrJoin(points.Metrics(), ", "));
}

absl::StatusOr<Axes> Choose(const ResultPoints& points, const ResultsPlotOptions& options) {
  Axes axes;
  const auto x = ChooseX(points, options.x);
  if (!x.ok()) return x.status();
  axes.x = *x;
  axes.x_values = ValuesOf(points, axes.x);
  auto by = ChooseBy(points, axes.x, options.by);
  if (!by.ok()) return by.status();
  axes.by = *std::move(by);
  std::vector<std::string> asked = options.y;
  if (asked.empty()) {
    const auto throughput = Throughput(points);
    if (!throughput.ok()) return throughput.status();
    asked = {*throughput};
  }
  for (const std::string& text : asked) {
    auto panel = ReadPanel(points, text);
    if (!panel.ok()) return panel.status();
    axes.panels.push_back(*std::move(panel));
  }
  return axes;
}

// --- What is drawn ---

std::string SeriesOf(const Axes& axes, const ResultPoints::Row& row) {
  std::vector<std::string> labels;
  for (const std::string& name : axes.by) labels.push_back(LabelOf(row.at(name)));
  return absl::StrJoin(labels, ", ");
}

// Each once, in the order of their first points.
json LinesOf(const ResultPoints& points, const Axes& axes) {
  json lines = json::array();
  for (const ResultPoints::Row& row : points.rows) {
    const json line = SeriesOf(axes, row);
    if (std::ranges::find(lines, line) == lines.end()) lines.push_back(line);
  }
  return lines;
}

// A line has one point at each x.
absl::Status CheckLines(const ResultPoints& points, const Axes& axes) {
  std::set<std::string> lines;
  std::map<std::pair<std::string, std::string>, const ResultPoints::Row*> seen;
  for (const ResultPoints::Row& row : points.rows) {
    const std::string line = SeriesOf(axes, row);
    lines.insert(line);
    const auto [other, is_first] = seen.try_emplace({LabelOf(row.at(axes.x)), line}, &row);
    if (is_first) continue;
    std::vector<std::string> differing;
    for (const std::string& name : points.parameters)
      if (row.at(name) != other->second->at(name)) differing.push_back(name);
    return absl::InvalidArgumentError(
        absl::StrCat("--by: several points have the same ", axes.x, " and stand on the same line; ",
                     "they differ in ", absl::StrJoin(differing, ", "),
                     ": name it in --by, too, or choose points by --where"));
  }
  if (lines.size() <= kMostLines) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--by: ", lines.size(), " lines are more than the ", kMostLines,
                   " that a picture can show; choose points by --where, or other parameters"));
}

DataTable RowsOf(const ResultPoints& points, const Axes& axes, const Panel& panel, bool has_log_x) {
  DataTable table;
  table.columns = {"metric", "unit", "x", "series", "y", "low", "high", "runs"};
  for (std::size_t i = 0; i < points.rows.size(); ++i) {
    const ResultPoints::Row& row = points.rows[i];
    const json& x = axes.x_values.values[i];
    if (has_log_x && x.is_number() && x <= 0) continue;
    const std::optional<double> y = ValueAt(panel.formula, row);
    const json ci95 = panel.is_metric ? row.at(panel.text + "_ci95") : json();
    json low;
    json high;
    if (y && ci95.is_number()) {
      low = *y - ci95.get<double>();
      high = *y + ci95.get<double>();
    }
    table.rows.push_back({panel.text, panel.unit, x, SeriesOf(axes, row), y ? json(*y) : json(),
                          low, high, row.at("judged")});
  }
  // Lines go from left to right.
  if (axes.x_values.is_number) {
    std::stable_sort(table.rows.begin(), table.rows.end(),
                     [](const auto& a, const auto& b) { return a[2] < b[2]; });
  }
  return table;
}

std::string Titled(const std::string& what, const std::string& unit) {
  return unit.empty() ? what : absl::StrCat(what, " (", unit, ")");
}

// Ticks at the points, where they are few.
json AxisOfX(const DataTable& rows, bool is_number) {
  constexpr std::size_t kFew = 12;
  std::set<json> values;
  for (const std::vector<json>& row : rows.rows) values.insert(row[2]);
  if (!is_number || values.size() > kFew) return json::object();
  return {{"values", json(values)}, {"labelOverlap", "greedy"}};
}

// Large numbers as 5M; times have a unit of their own.
json AxisOfY(const DataTable& rows, const std::string& unit) {
  constexpr double kLong = 10'000;
  double most = 0;
  for (const std::vector<json>& row : rows.rows)
    if (row[4].is_number()) most = std::max(most, row[4].get<double>());
  return most >= kLong && unit != "us" ? json{{"format", "~s"}} : json::object();
}

// The first of several panels tells what colours mean, for all of them.
Picture PanelPicture(const ResultPoints& points, const Axes& axes, const Panel& panel,
                     const ResultsPlotOptions& options) {
  Picture picture;
  picture.specification = "results";
  picture.rows = RowsOf(points, axes, panel, options.has_log_x);
  const json lines = LinesOf(points, axes);
  const bool has_legend = !axes.by.empty() && &panel == &axes.panels.front();
  const bool is_number = axes.x_values.is_number;
  json x_scale = json::object();
  if (is_number)
    x_scale = {{"type", options.has_log_x ? "log" : "linear"}, {"nice", false}, {"padding", 12}};
  if (is_number && !options.has_log_x) x_scale["zero"] = false;
  json y_scale = {{"type", "linear"}};
  if (options.has_log_y) y_scale = {{"type", "log"}, {"nice", false}, {"padding", 12}};
  constexpr std::size_t kColors = 10;
  const json legend = {{"title", absl::StrJoin(axes.by, ", ")}, {"labelLimit", 320}};
  picture.places = {
      {"height", axes.panels.size() == 1 ? 340 : 200},
      {"x_title", Titled(axes.x, axes.x_values.unit)},
      {"x_type", is_number ? "quantitative" : "ordinal"},
      {"x_scale", x_scale},
      {"x_axis", AxisOfX(picture.rows, is_number)},
      {"y_title", Titled(panel.text, panel.unit)},
      {"y_scale", y_scale},
      {"y_axis", AxisOfY(picture.rows, panel.unit)},
      {"colors",
       {{"scheme", lines.size() > kColors ? "tableau20" : "tableau10"}, {"domain", lines}}},
      {"legend", has_legend ? legend : json()},
      {"has_line", is_number ? "true" : "false"},
      {"shown", options.has_log_y ? "datum.y > 0 ? datum.y : null" : "datum.y"},
      {"foot", options.has_log_y ? "datum.low > 0 ? datum.low : null" : "datum.low"},
      {"top", options.has_log_y ? "datum.low > 0 ? datum.high : null" : "datum.high"},
      {"is_at_foot", options.has_log_y ? "isValid(datum.y) && datum.y <= 0" : "false"}};
  return picture;
}

// --- What is to be said of it ---

// By how many runs the bars are.
std::string OnIntervals(const ResultPoints& points, const Axes& axes) {
  if (std::ranges::none_of(axes.panels, &Panel::is_metric))
    return "a formula over means has no interval, so no bars";
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  for (const ResultPoints::Row& row : points.rows) {
    const auto runs = static_cast<std::uint64_t>(
        row.at("judged").is_number() ? row.at("judged").get<double>() : 0);
    if (runs == 0) continue;
    least = least == 0 ? runs : std::min(least, runs);
    most = std::max(most, runs);
  }
  if (most <= 1) return "one seed a point, so no bars";
  const std::string over = least == most ? absl::StrCat(most) : absl::StrCat(least, " to ", most);
  return absl::StrCat("bars: 95 % interval of the mean over ", over, " seeds",
                      least == 1 ? "; a point of one seed has none" : "");
}

std::vector<std::string> Remarks(const ResultPoints& points, const Axes& axes,
                                 const ResultsPlotOptions& options) {
  std::vector<std::string> remarks;
  if (const std::uint64_t failed = points.Sum("failed"); failed > 0) {
    const auto empty = std::ranges::count_if(
        points.rows, [](const ResultPoints::Row& row) { return row.at("judged") == 0; });
    remarks.push_back(absl::StrCat(
        failed, failed == 1 ? " run" : " runs", " failed and count for nothing",
        empty > 0 ? absl::StrCat("; ", empty, empty == 1 ? " point has" : " points have",
                                 " no other: a gap")
                  : ""));
  }
  if (const std::uint64_t odd =
          points.Sum("unexpected") - std::min(points.Sum("unexpected"), points.Sum("failed"));
      odd > 0)
    remarks.push_back(
        absl::StrCat(odd, odd == 1 ? " run" : " runs",
                     " did not end with the expected verdict, and count all the same"));
  if (options.has_log_x) {
    const auto left_out = std::ranges::count_if(
        axes.x_values.values, [](const json& x) { return x.is_number() && x <= 0; });
    if (left_out > 0)
      remarks.push_back(absl::StrCat(left_out, left_out == 1 ? " point" : " points", " with ",
                                     axes.x, " = 0 have no place on a logarithmic axis"));
  }
  return remarks;
}

absl::StatusOr<Picture> PictureOf(const ResultsFile& file, const ResultsPlotOptions& options) {
  auto points = ReadResultPoints(file);
  if (!points.ok()) return points.status();
  if (points->rows.empty()) return absl::InvalidArgumentError("no run has ended yet");
  if (absl::Status kept = Keep(*points, options.where); !kept.ok()) return kept;
  const auto axes = Choose(*points, options);
  if (!axes.ok()) return axes.status();
  if (absl::Status lines = CheckLines(*points, *axes); !lines.ok()) return lines;
  Picture picture;
  picture.is_column = true;
  for (const Panel& panel : axes->panels) {
    Picture part = PanelPicture(*points, *axes, panel, options);
    const auto has_y = [](const std::vector<json>& row) { return row[4].is_number(); };
    if (std::ranges::none_of(part.rows.rows, has_y))
      return absl::InvalidArgumentError(absl::StrCat("--y: no point has a value of ", panel.text));
    picture.rows.columns = part.rows.columns;
    picture.rows.rows.insert(picture.rows.rows.end(), part.rows.rows.begin(), part.rows.rows.end());
    picture.parts.push_back(std::move(part));
  }
  picture.remarks = Remarks(*points, *axes, options);
  std::vector<std::string> lines;
  if (!options.where.empty()) lines.push_back("where " + options.where);
  lines.push_back(OnIntervals(*points, *axes));
  lines.insert(lines.end(), picture.remarks.begin(), picture.remarks.end());
  if (file.header().shards > 1)
    lines.push_back(absl::StrCat("shard ", file.header().shard, " of ", file.header().shards));
  picture.places["title"] = file.header().name;
  picture.places["subtitle"] = lines;
  return picture;
}

}  // namespace

absl::StatusOr<Picture> ResultsPlotOf(const std::string& path, const ResultsPlotOptions& options) {
  const auto file = ResultsFile::OpenToRead(path);
  if (!file.ok()) return file.status();
  auto picture = PictureOf(**file, options);
  if (!picture.ok())
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", picture.status().message()));
  return picture;
}

}  // namespace lockstep::cli
