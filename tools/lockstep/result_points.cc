// Points of results: see result_points.h.

#include "tools/lockstep/result_points.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/parameters/parameters.h"

namespace lockstep::cli {
namespace {

using nlohmann::json;

struct Unit {
  std::string_view name;
  double size;
};
constexpr std::array<Unit, 5> kTimes = {
    {{"s", 1e12}, {"ms", 1e9}, {"us", 1e6}, {"ns", 1e3}, {"ps", 1}}};
constexpr std::array<Unit, 4> kRates = {
    {{"Gbit/s", 1e9}, {"Mbit/s", 1e6}, {"kbit/s", 1e3}, {"bit/s", 1}}};
constexpr std::array<Unit, 4> kSizes = {{{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}}};

// All of them as numbers of the largest unit in which none but 0 is below 1; nothing where one
// cannot be read.
template <typename Units>
std::optional<AxisValues> InOneUnit(
    const std::vector<json>& texts, const Units& units,
    const std::function<std::optional<double>(const std::string&)>& read) {
  std::vector<double> numbers;
  double least = 0;
  for (const json& text : texts) {
    const std::optional<double> number = read(text.get<std::string>());
    if (!number) return std::nullopt;
    if (*number > 0) least = least > 0 ? std::min(least, *number) : *number;
    numbers.push_back(*number);
  }
  const Unit* chosen = &units.back();
  for (const Unit& unit : units)
    if (least >= unit.size && chosen == &units.back()) chosen = &unit;
  AxisValues values;
  values.unit = std::string(chosen->name);
  values.is_number = true;
  for (const double number : numbers) values.values.emplace_back(number / chosen->size);
  return values;
}

// As sweeps, formulas and SQLite have them.
std::optional<sweep::Value> ValueOf(const json& cell) {
  if (cell.is_number()) return cell.get<double>();
  if (cell.is_string()) return cell.get<std::string>();
  if (cell.is_boolean()) return cell.get<bool>();
  return std::nullopt;
}

std::optional<sweep::Value> CellAt(const ResultPoints::Row& row, std::string_view name) {
  const auto found = row.find(std::string(name));
  return found == row.end() ? std::nullopt : ValueOf(found->second);
}

}  // namespace

std::string LabelOf(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

bool ResultPoints::Has(const std::string& column) const {
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

std::vector<std::string> ResultPoints::Metrics() const {
  std::vector<std::string> metrics;
  std::copy_if(columns.begin(), columns.end(), std::back_inserter(metrics),
               [&](const std::string& column) { return IsMetric(column); });
  return metrics;
}

std::vector<std::string> ResultPoints::Varying() const {
  std::vector<std::string> varying;
  for (const std::string& name : parameters) {
    std::set<std::string> values;
    for (const Row& row : rows) values.insert(LabelOf(row.at(name)));
    if (values.size() > 1) varying.push_back(name);
  }
  return varying;
}

std::uint64_t ResultPoints::Sum(const std::string& column) const {
  double sum = 0;
  for (const Row& row : rows)
    if (row.at(column).is_number()) sum += std::max(0.0, row.at(column).get<double>());
  return static_cast<std::uint64_t>(sum);
}

absl::StatusOr<ResultPoints> ReadResultPoints(const analysis::ResultsFile& file) {
  ResultPoints points;
  points.parameters = file.header().parameters;
  const absl::Status asked = file.Query("SELECT * FROM summary ORDER BY point",
                                        {[&](const std::vector<std::string>& names) {
                                           points.columns = names;
                                           return true;
                                         },
                                         [&](const std::vector<json>& values) {
                                           ResultPoints::Row& row = points.rows.emplace_back();
                                           for (std::size_t i = 0; i < values.size(); ++i)
                                             row[points.columns[i]] = values[i];
                                           return true;
                                         }});
  if (!asked.ok()) return asked;
  // What the header says and the view does not have was made by somebody else.
  std::vector<std::string> wanted = points.parameters;
  wanted.insert(wanted.end(), {"judged", "failed", "unexpected"});
  for (const std::string& column : wanted) {
    if (!points.Has(column)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the view summary has no column \"", column, "\""));
    }
  }
  return points;
}

std::optional<double> ValueAt(const sweep::Expression& formula, const ResultPoints::Row& row) {
  const auto value = formula.Number([&](std::string_view name) { return CellAt(row, name); });
  return value.ok() ? std::optional<double>(*value) : std::nullopt;
}

absl::Status CheckNames(const ResultPoints& points, const std::string& flag,
                        const sweep::Expression& formula) {
  std::vector<std::string> known = points.Metrics();
  known.insert(known.end(), points.parameters.begin(), points.parameters.end());
  for (const std::string& name : formula.names()) {
    if (points.Has(name)) continue;
    const std::optional<std::string> nearest = Nearest(name, known);
    return absl::InvalidArgumentError(
        absl::StrCat(flag, ": no metric or parameter is called \"", name, "\"; ",
                     nearest ? absl::StrCat("did you mean \"", *nearest, "\"? The") : "the",
                     " file has ", absl::StrJoin(known, ", ")));
  }
  return absl::OkStatus();
}

absl::Status Keep(ResultPoints& points, const std::string& where) {
  if (where.empty()) return absl::OkStatus();
  const auto formula = sweep::Expression::Parse(where);
  if (!formula.ok())
    return absl::InvalidArgumentError(absl::StrCat("--where: ", formula.status().message()));
  if (absl::Status known = CheckNames(points, "--where", *formula); !known.ok()) return known;
  std::vector<ResultPoints::Row> kept;
  for (ResultPoints::Row& row : points.rows) {
    const bool is_measured = std::ranges::all_of(
        formula->names(), [&](const std::string& name) { return CellAt(row, name).has_value(); });
    // What was not measured is not above or below anything.
    if (!is_measured) continue;
    const auto holds = formula->Holds([&](std::string_view name) { return CellAt(row, name); });
    if (!holds.ok())
      return absl::InvalidArgumentError(absl::StrCat("--where: ", holds.status().message()));
    if (*holds) kept.push_back(std::move(row));
  }
  if (kept.empty())
    return absl::InvalidArgumentError(absl::StrCat("--where: holds for no point: ", where));
  points.rows = std::move(kept);
  return absl::OkStatus();
}

AxisValues ValuesOf(const ResultPoints& points, const std::string& parameter) {
  AxisValues values;
  for (const ResultPoints::Row& row : points.rows) values.values.push_back(row.at(parameter));
  values.is_number = std::ranges::all_of(values.values, &json::is_number);
  if (values.is_number || !std::ranges::all_of(values.values, &json::is_string)) return values;
  const auto time = [](const std::string& text) -> std::optional<double> {
    const auto read = ParseDuration(text);
    return read.ok() ? std::optional(static_cast<double>(read->ps())) : std::nullopt;
  };
  const auto rate = [](const std::string& text) -> std::optional<double> {
    const auto read = ParseRate(text);
    return read.ok() ? std::optional(static_cast<double>(*read)) : std::nullopt;
  };
  const auto size = [](const std::string& text) -> std::optional<double> {
    const auto read = ParseBytes(text);
    return read.ok() ? std::optional(static_cast<double>(read->value())) : std::nullopt;
  };
  if (const auto times = InOneUnit(values.values, kTimes, time)) return *times;
  if (const auto rates = InOneUnit(values.values, kRates, rate)) return *rates;
  if (const auto sizes = InOneUnit(values.values, kSizes, size)) return *sizes;
  return values;
}

}  // namespace lockstep::cli
