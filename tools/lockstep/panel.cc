// Panels of figures: see panel.h.

#include "tools/lockstep/panel.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "analysis/metrics.h"
#include "protocols/catalog.h"
#include "sim/scenario/name_search.h"
#include "tools/lockstep/rows.h"
#include "tools/sweep/plan.h"

namespace lockstep::cli {
namespace {

using analysis::RunRow;
using nlohmann::json;

std::string ShownAs(const std::string& name, const json& value) {
  return value.is_string() ? value.get<std::string>() : absl::StrCat(name, " = ", value.dump());
}

// --- Reading ---

absl::StatusOr<Planned> ReadSweepOf(Parameters& panel, bool is_quick, const Additions& own) {
  const json* const sweep = panel.Raw("sweep");
  json document;
  std::string path = panel.file();
  if (sweep != nullptr && sweep->is_string()) {
    const auto name = sweep->get<std::string>();
    path = sim::ResolveName(path, name);
    auto read = ReadJsonFile(path);
    if (!read.ok()) return read.status();
    document = *std::move(read);
  } else if (sweep != nullptr && sweep->is_object()) {
    document = *sweep;
  } else {
    panel.FailWanted("sweep", "a sweep, or the name of its file");
    return panel.Done();
  }
  for (const char* const key : {"changes", "quick"}) {
    const json* const patch = panel.Raw(key);
    if (patch == nullptr) continue;
    if (!patch->is_object()) {
      panel.FailWanted(key, "an object: what is different in the sweep");
      return panel.Done();
    }
    if (is_quick || std::string_view(key) != "quick") document.merge_patch(*patch);
  }
  auto planned = PlanOf(document, path, own);
  if (planned.ok()) return planned;
  return absl::InvalidArgumentError(
      absl::StrCat(panel.file(), ": ", panel.pointer(), "/sweep: ", planned.status().message()));
}

std::vector<std::pair<double, std::string>> ReadQuantiles(Parameters& panel) {
  std::vector<std::pair<double, std::string>> quantiles;
  const json* const list = panel.Raw("quantiles");
  for (const json& pair : list == nullptr ? json::array() : *list) {
    const bool is_good =
        pair.is_array() && pair.size() == 2 && pair[0].is_number() && pair[1].is_string();
    if (!is_good) {
      panel.FailWanted("quantiles", "pairs such as [0.99, \"completion_p99_us\"]");
      return {};
    }
    quantiles.emplace_back(pair[0].get<double>(), pair[1].get<std::string>());
  }
  return quantiles;
}

void ReadReference(Parameters& panel, const json& reference, Panel& into) {
  if (!panel.Has("reference")) return;
  const std::string pointer = panel.String("reference");
  const json* const found = FindAt(reference, pointer);
  const bool has_lines = found != nullptr && found->is_object() && found->contains("series");
  if (!has_lines) {
    return panel.FailWanted("reference", "a JSON pointer to an object with \"series\"");
  }
  for (const auto& [line, points] : (*found)["series"].items()) {
    for (const json& point : points) {
      const bool is_good =
          point.is_array() && point.size() == 2 && point[0].is_number() && point[1].is_number();
      if (!is_good) return panel.FailWanted("reference", "lines of pairs of numbers");
      into.reference[line].emplace_back(point[0].get<double>(), point[1].get<double>());
    }
  }
}

// What x, y and lines are, against what the sweep has.
absl::Status CheckNames(Parameters& panel, const Panel& read) {
  const std::vector<std::string>& names = read.planned.plan.names();
  const auto check = [&](const char* key, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) != names.end()) return;
    panel.FailWanted(key, absl::StrCat("parameters of the sweep: ", absl::StrJoin(names, ", ")));
  };
  for (const std::string& name : read.by) check("by", name);
  if (!read.is_quantiles()) check("x", read.x);
  if (read.is_quantiles() && read.quantiles.empty()) panel.FailWanted("y", "a formula");
  const sweep::Sweep& sweep = *read.planned.sweep;
  const std::vector<std::string> known = FormulaMetrics(read.planned.own);
  std::set<std::string, std::less<>> metrics(known.begin(), known.end());
  for (const auto& [metric, pointer] : sweep.record) metrics.insert(metric);
  const auto check_metric = [&](const char* key, const std::string& name) {
    if (!metrics.contains(name)) panel.Fail(key, "no metric is called \"" + name + "\"");
  };
  for (const auto& [share, metric] : read.quantiles) check_metric("quantiles", metric);
  if (read.y) {
    for (const std::string& name : read.y->names())
      if (std::find(names.begin(), names.end(), name) == names.end()) check_metric("y", name);
  }
  if (sweep.seeds.until || sweep.bisection)
    panel.Fail("sweep", "seeds \"until\" and \"bisect\" have no place in a figure");
  return panel.Done();
}

// --- Points ---

struct PointRuns {
  std::map<std::string, std::vector<double>> metrics;
};

std::optional<double> MeanOf(const PointRuns& runs, const std::string& metric) {
  const auto found = runs.metrics.find(metric);
  if (found == runs.metrics.end()) return std::nullopt;
  double sum = 0;
  for (const double value : found->second) sum += value;
  return sum / static_cast<double>(found->second.size());
}

void Compare(const Panel& panel, PanelPoint& point) {
  const auto line = panel.reference.find(point.line);
  if (line == panel.reference.end()) return;
  for (const auto& [x, y] : line->second) {
    if (std::abs(x - point.x) > 1e-9) continue;
    point.reference = y;
    if (!panel.within) return;
    const bool are_positive = y > 0 && point.y > 0;
    point.is_outside =
        are_positive ? std::abs(std::log(point.y / y)) > std::log(*panel.within) : y != point.y;
  }
}

std::string Short(double value) {
  if (value == 0) return "0";
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
  if (compared == 0 || !panel.within) return "";
  return absl::StrCat("  Of ", compared, " numbers with a reference (in parentheses), ",
                      compared - outside, " are within a factor of ", *panel.within,
                      outside > 0 ? "; the others have a star.\n" : ".\n");
}

}  // namespace

absl::StatusOr<Panel> ReadPanel(Parameters& panel, const json& reference, bool is_quick,
                                const Additions& own) {
  auto planned = ReadSweepOf(panel, is_quick, own);
  if (!planned.ok()) return planned.status();
  Panel read{panel.String("name"),
             panel.String("title"),
             panel.String("x_title"),
             panel.String("y_title"),
             panel.BoolOr("log_y", false),
             *std::move(planned),
             {},
             {},
             {},
             {},
             {},
             {}};
  const json* const by = panel.Raw("by");
  for (const json& name : by == nullptr ? json::array() : *by)
    if (name.is_string()) read.by.push_back(name.get<std::string>());
  read.x = panel.StringOr("x", "");
  if (const std::string formula = panel.StringOr("y", ""); !formula.empty()) {
    auto parsed = sweep::Expression::Parse(formula);
    if (!parsed.ok()) panel.Fail("y", std::string(parsed.status().message()));
    if (parsed.ok()) read.y = *std::move(parsed);
  }
  read.quantiles = ReadQuantiles(panel);
  ReadReference(panel, reference, read);
  if (const json* const within = panel.Raw("within"); within != nullptr) {
    if (!within->is_number() || within->get<double>() <= 1)
      panel.FailWanted("within", "a factor above 1");
    else
      read.within = within->get<double>();
  }
  if (absl::Status checked = CheckNames(panel, read); !checked.ok()) return checked;
  return read;
}

std::vector<PanelPoint> PointsOf(const Panel& panel, const std::vector<RunRow>& rows) {
  std::map<std::uint64_t, PointRuns> runs;
  for (const RunRow& row : rows)
    for (const auto& [name, value] : row.metrics) runs[row.point].metrics[name].push_back(value);
  std::vector<PanelPoint> points;
  for (const auto& entry : runs) {
    const PointRuns& of_point = entry.second;
    const sweep::Point at = panel.planned.plan.At(entry.first);
    const sweep::Lookup settings = sweep::LookupIn(at);
    std::vector<std::string> labels;
    double x = 0;
    for (const sweep::Setting& setting : at.settings) {
      if (setting.name == panel.x) x = setting.number.value_or(0);
      if (std::find(panel.by.begin(), panel.by.end(), setting.name) != panel.by.end())
        labels.push_back(ShownAs(setting.name, setting.shown));
    }
    const auto add = [&](double at_x, double y) {
      PanelPoint& point = points.emplace_back(PanelPoint{absl::StrJoin(labels, ", "), at_x, y, {}});
      Compare(panel, point);
    };
    for (const auto& [share, metric] : panel.quantiles)
      if (const auto value = MeanOf(of_point, metric)) add(share, *value);
    if (!panel.y) continue;
    const auto y = panel.y->Number([&](std::string_view name) -> std::optional<sweep::Value> {
      if (const auto mean = MeanOf(of_point, std::string(name))) return *mean;
      return settings(name);
    });
    if (y.ok()) add(x, *y);
  }
  return points;
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
    if (point.reference) row["reference"] = *point.reference;
    list.push_back(std::move(row));
  }
  return {{"name", panel.name},
          {"title", panel.title},
          {"kind", panel.is_quantiles() ? "quantiles" : "lines"},
          {"x_title", panel.x_title},
          {"y_title", panel.y_title},
          {"log_y", panel.has_log_y},
          {"points", std::move(list)}};
}

}  // namespace lockstep::cli
