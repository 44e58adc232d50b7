// Panels of figures: see panel.h.

#include "tools/lockstep/panel.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "analysis/metrics.h"
#include "analysis/verdict.h"
#include "protocols/core/apportion.h"
#include "protocols/parameters/parameters.h"
#include "tools/lockstep/quantity.h"
#include "tools/lockstep/rows.h"
#include "tools/lockstep/runner.h"
#include "tools/sweep/plan.h"

namespace lockstep::cli {
namespace {

using analysis::RunRow;
using nlohmann::json;

std::string ShownAs(const std::string& name, const json& value) {
  return value.is_string() ? value.get<std::string>() : absl::StrCat(name, " = ", value.dump());
}

// The runs of one point.
struct PointRuns {
  std::vector<const RunRow*> rows;

  std::optional<double> MeanOf(const std::string& metric) const {
    double sum = 0;
    std::size_t count = 0;
    for (const RunRow* const row : rows) {
      const auto found = row->metrics.find(metric);
      if (found == row->metrics.end()) continue;
      sum += found->second;
      ++count;
    }
    if (count == 0) return std::nullopt;
    return sum / static_cast<double>(count);
  }
  const RunRow& Telling() const {
    for (const RunRow* const row : rows)
      if (!row->is_as_expected) return *row;
    return *rows.front();
  }
};

double ErrorOf(double y, double reference) { return std::abs(std::log(y / reference)); }

void Compare(const Panel& panel, PanelPoint& point) {
  const auto line = panel.reference.find(point.line);
  if (line == panel.reference.end()) return;
  for (const auto& [x, y] : line->second) {
    if (std::abs(x - point.x) > 1e-9) continue;
    const bool are_positive = y > 0 && point.y > 0;
    const bool is_nearer =
        !point.reference ||
        (are_positive && ErrorOf(point.y, y) < ErrorOf(point.y, *point.reference));
    if (!is_nearer) continue;
    point.reference = y;
    if (panel.is_exact()) point.is_outside = y != point.y;
    if (panel.is_bounded) point.is_outside = point.y > y;
    if (!panel.within) continue;
    point.is_outside = are_positive ? ErrorOf(point.y, y) > std::log(*panel.within) : y != point.y;
  }
}

// A formula over the metrics of one run, or over means.
using NumberOf = std::function<std::optional<double>(const std::string&)>;
std::optional<double> Value(const sweep::Expression& formula, const NumberOf& number,
                            const sweep::Lookup& settings) {
  const auto value = formula.Number([&](std::string_view name) -> std::optional<sweep::Value> {
    if (const auto found = number(std::string(name))) return *found;
    return settings(name);
  });
  return value.ok() ? std::optional<double>(*value) : std::nullopt;
}

// What y comes to from seed to seed.
std::optional<double> Spread(const Panel& panel, const PointRuns& runs, double mean,
                             const sweep::Lookup& settings) {
  std::optional<double> least;
  std::optional<double> most;
  for (const RunRow* const row : runs.rows) {
    const auto value = Value(
        *panel.y,
        [row](const std::string& name) -> std::optional<double> {
          const auto found = row->metrics.find(name);
          return found == row->metrics.end() ? std::nullopt : std::optional<double>(found->second);
        },
        settings);
    if (!value) continue;
    least = std::min(least.value_or(*value), *value);
    most = std::max(most.value_or(*value), *value);
  }
  if (runs.rows.size() < 2 || !least || mean <= 0) return std::nullopt;
  return (*most - *least) / 2 / mean;
}

std::string Short(double value) {
  if (value == 0) return "0";
  if (std::abs(value) >= 1e5) return ShortNumber(value);
  return std::abs(value) < 0.01 ? absl::StrFormat("%.1e", value) : absl::StrFormat("%.4g", value);
}

std::string Cell(const PanelPoint& point) {
  if (!point.reference) return Short(point.y);
  return absl::StrCat(Short(point.y), " (", Short(*point.reference), ")",
                      point.is_outside ? "*" : "");
}

// "Of 7 numbers with a reference, 6 are within a factor of 3; the others have a star."
std::string Comparison(const Panel& panel, const std::vector<PanelPoint>& points) {
  std::size_t compared = 0;
  std::size_t outside = 0;
  for (const PanelPoint& point : points) {
    if (point.reference) ++compared;
    if (point.is_outside) ++outside;
  }
  if (compared == 0) return "";
  if (panel.is_exact() || panel.is_bounded)
    return absl::StrCat("  Of ", compared, " numbers with a ",
                        panel.is_exact() ? "reference" : "bound", " (in parentheses), ",
                        compared - outside, panel.is_exact() ? " are that" : " are within it",
                        outside > 0 ? "; the others have a star.\n" : ".\n");
  if (!panel.within)
    return absl::StrCat("  In parentheses: references; from these ", compared, " ",
                        Distance(points), ".\n");
  return absl::StrCat("  Of ", compared, " numbers with a reference (in parentheses), ",
                      compared - outside, " are within a factor of ", *panel.within,
                      outside > 0 ? "; the others have a star.\n" : ".\n");
}

// How many messages of each quantum are whose: by Hamilton's method (the Picsou paper, section 5).
std::vector<PanelPoint> PointsOfQuanta(const Panel& panel) {
  std::vector<PanelPoint> points;
  for (const Quantum& quantum : panel.quanta) {
    const std::vector<std::uint64_t> shares = core::Apportion(quantum.stake, quantum.messages);
    for (std::size_t i = 0; i < shares.size(); ++i) {
      PanelPoint& point = points.emplace_back();
      point.line = quantum.line;
      point.x = static_cast<double>(i);
      point.y = static_cast<double>(shares[i]);
      Compare(panel, point);
      point.verdict = std::string(analysis::Name(point.is_outside ? analysis::Verdict::kViolated
                                                                  : analysis::Verdict::kHolds));
    }
  }
  return points;
}

// "paper, repeats from 76ms on": by what the senders of this point take messages for lost, as R1 is
// told it; empty where no complaint orders anything.
std::string ComplaintRuleOf(const Panel& panel, const sweep::Point& at) {
  const sweep::Sweep& sweep = *panel.planned->sweep;
  const auto prepared =
      PrepareDocument(sweep.base, sweep.base_path, at.changes, panel.planned->own);
  if (!prepared.ok()) return "";
  for (const analysis::Promise& promise : prepared->recipe.promises) {
    if (promise.oracle != "R1") continue;
    const core::Duration interval = core::Duration::Picoseconds(
        promise.parameters.value("repeat_interval_ps", std::int64_t{0}));
    return absl::StrCat(promise.parameters.value("rule", "paper"),
                        interval == core::Duration()
                            ? ", every repeat"
                            : absl::StrCat(", repeats from ", FormatDuration(interval), " on"));
  }
  return "";
}

}  // namespace

bool IsWrong(const Panel& panel, const std::vector<PanelPoint>& points) {
  return panel.is_exact() && std::ranges::any_of(points, &PanelPoint::is_outside);
}

std::vector<PanelPoint> PointsOf(const Panel& panel, const std::vector<RunRow>& rows) {
  if (!panel.planned) return PointsOfQuanta(panel);
  std::map<std::uint64_t, PointRuns> runs;
  for (const RunRow& row : rows) runs[row.point].rows.push_back(&row);
  std::vector<PanelPoint> points;
  for (const auto& entry : runs) {
    const PointRuns& of_point = entry.second;
    const sweep::Point at = panel.planned->plan.At(entry.first);
    const sweep::Lookup settings = sweep::LookupIn(at);
    PanelPoint made;
    std::vector<std::string> labels;
    for (const sweep::Setting& setting : at.settings) {
      if (setting.name == panel.x) made.x = setting.number.value_or(0);
      if (std::find(panel.by.begin(), panel.by.end(), setting.name) != panel.by.end())
        labels.push_back(ShownAs(setting.name, setting.shown));
    }
    made.line = absl::StrJoin(labels, ", ");
    for (const std::string& metric : panel.also) made.also.push_back(of_point.MeanOf(metric));
    const RunRow& telling = of_point.Telling();
    made.verdict = telling.outcome == analysis::Outcome::kJudged
                       ? telling.verdict
                       : std::string(analysis::Name(telling.outcome));
    made.seed = telling.seed;
    made.digest = telling.digest;
    made.complaint_rule = ComplaintRuleOf(panel, at);
    const auto add = [&](double x, double y, const std::optional<double>& spread) {
      PanelPoint& point = points.emplace_back(made);
      point.x = x;
      point.y = y;
      point.spread = spread;
      Compare(panel, point);
    };
    for (const auto& [share, metric] : panel.quantiles)
      if (const auto value = of_point.MeanOf(metric)) add(share, *value, std::nullopt);
    if (!panel.y) continue;
    const auto y = Value(
        *panel.y, [&](const std::string& name) { return of_point.MeanOf(name); }, settings);
    if (y) add(made.x, *y, Spread(panel, of_point, *y, settings));
  }
  return points;
}

std::string Distance(const std::vector<PanelPoint>& points) {
  std::vector<double> errors;
  double worst = -1;
  std::string where;
  for (const PanelPoint& point : points) {
    if (!point.reference || *point.reference <= 0) continue;
    errors.push_back(std::abs(point.y / *point.reference - 1));
    if (errors.back() <= worst) continue;
    worst = errors.back();
    where = absl::StrFormat("%s at %g", point.line, point.x);
  }
  if (errors.empty()) return "";
  std::sort(errors.begin(), errors.end());
  const double median = (errors[(errors.size() - 1) / 2] + errors[errors.size() / 2]) / 2;
  return absl::StrFormat("median %.1f %%, worst %.1f %% (%s)", median * 100, worst * 100, where);
}

std::string ToTable(const Panel& panel, const std::vector<PanelPoint>& points) {
  std::vector<std::string> lines;
  std::set<double> xs;
  std::map<std::pair<double, std::string>, std::string> cells;
  for (const PanelPoint& point : points) {
    if (std::find(lines.begin(), lines.end(), point.line) == lines.end())
      lines.push_back(point.line);
    xs.insert(point.x);
    cells[{point.x, point.line}] = Cell(point);
  }
  std::vector<std::vector<std::string>> rows = {{panel.x_title}};
  rows[0].insert(rows[0].end(), lines.begin(), lines.end());
  for (const double x : xs) {
    std::vector<std::string>& row = rows.emplace_back();
    row.push_back(absl::StrFormat("%g", x));
    for (const std::string& line : lines) {
      const auto cell = cells.find({x, line});
      row.push_back(cell == cells.end() ? "-" : cell->second);
    }
  }
  std::vector<std::vector<bool>> is_number(rows.size(), std::vector<bool>(lines.size() + 1, true));
  is_number[0].assign(lines.size() + 1, false);
  return absl::StrCat(panel.title, ": ", panel.y_title, "\n\n", AlignedTable(rows, is_number), "\n",
                      Comparison(panel, points));
}

json ToJson(const Panel& panel, const std::vector<PanelPoint>& points) {
  json list = json::array();
  for (const PanelPoint& point : points) {
    json row = {{"line", point.line}, {"x", point.x}, {"y", point.y}};
    if (point.spread) row["spread"] = *point.spread;
    if (point.reference) {
      row["reference"] = *point.reference;
      if (*point.reference > 0) row["ratio"] = point.y / *point.reference;
    }
    for (std::size_t i = 0; i < panel.also.size(); ++i)
      if (point.also[i]) row["also"][panel.also[i]] = *point.also[i];
    row["verdict"] = point.verdict;
    row["seed"] = point.seed;
    row["digest"] = point.digest;
    row["complaint_rule"] = point.complaint_rule;
    list.push_back(std::move(row));
  }
  return {{"name", panel.name},
          {"title", panel.title},
          {"kind", panel.is_quantiles() ? "quantiles" : "lines"},
          {"x_title", panel.x_title},
          {"y_title", panel.y_title},
          {"log_x", panel.has_log_x},
          {"log_y", panel.has_log_y},
          {"also", panel.also},
          {"points", std::move(list)}};
}

std::vector<std::string> PointColumns(const std::vector<std::string>& also) {
  std::vector<std::string> columns = {"panel", "line", "x", "y", "spread", "reference", "ratio"};
  columns.insert(columns.end(), also.begin(), also.end());
  for (const char* const last : {"verdict", "seed", "digest", "complaint_rule"})
    columns.emplace_back(last);
  return columns;
}

std::vector<json> PointCells(const json& panel, const json& point,
                             const std::vector<std::string>& also) {
  const auto at = [](const json& object, const char* key) {
    return object.is_object() ? object.value(key, json()) : json();
  };
  std::vector<json> cells = {at(panel, "name")};
  for (const char* const key : {"line", "x", "y", "spread", "reference", "ratio"})
    cells.push_back(at(point, key));
  for (const std::string& metric : also) cells.push_back(at(at(point, "also"), metric.c_str()));
  for (const char* const key : {"verdict", "seed", "digest", "complaint_rule"})
    cells.push_back(at(point, key));
  return cells;
}

}  // namespace lockstep::cli
