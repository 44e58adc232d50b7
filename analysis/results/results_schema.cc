// The tables and views of a results file: see results_schema.h.
//
// Views are written for a reader with SQLite 3.8.3 or later; `summary` needs sqrt(), which SQLite
// has from 3.35 on. Order of joins is fixed by hand (CROSS JOIN), since a file that is being
// written has no statistics for the planner.

#include "analysis/results/results_schema.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "analysis/results/sqlite.h"
#include "analysis/results/statistics.h"

namespace lockstep::analysis {
namespace {

// Degrees of freedom that have a row of their own; the one after them serves all beyond, for which
// it is a little too wide.
constexpr int kDegrees = 200;

// Half the width of the 95 % confidence interval of a mean is t times its standard error.
std::string StudentTable() {
  std::vector<std::string> rows;
  for (int degrees = 1; degrees <= kDegrees + 1; ++degrees)
    rows.push_back(absl::StrFormat("(%d, %.17g)", degrees, StudentT(degrees, 0.025)));
  return absl::StrCat("CREATE TABLE student_t (df INTEGER PRIMARY KEY, t REAL NOT NULL);\n",
                      "INSERT INTO student_t VALUES ", absl::StrJoin(rows, ", "), ";\n");
}

// Hands out column names, each once: "loss", and "loss_metric" for a metric of a parameter's name.
class ColumnNames {
 public:
  std::string Take(std::string name) {
    while (!taken_.insert(absl::AsciiStrToLower(name)).second) name += "_metric";
    return QuotedName(name);
  }

 private:
  std::set<std::string> taken_;  // in lower case, as SQLite compares them
};

std::string As(const std::string& expression, const std::string& name) {
  return absl::StrCat("  ", expression, " AS ", name);
}

std::string ResultsView(const std::vector<std::string>& parameters,
                        const std::vector<std::string>& metrics) {
  ColumnNames names;
  std::vector<std::string> columns;
  const auto add = [&](std::string_view table, std::string_view column) {
    columns.push_back(As(absl::StrCat(std::string(table), ".", QuotedName(column)),
                         names.Take(std::string(column))));
  };
  // Taken first: a metric gives way, wherever it stands.
  for (const std::string_view column : {"run", "point"}) add("runs", column);
  for (const std::string& parameter : parameters) add("points", parameter);
  for (const std::string_view column : {"seed", "outcome", "verdict", "as_expected", "events"})
    add("runs", column);
  const std::size_t middle = columns.size();
  for (const std::string_view column :
       {"digest", "recipe", "error", "simulated_ps", "oracles", "receipts"})
    add("runs", column);
  const std::vector<std::string> last(columns.begin() + static_cast<std::ptrdiff_t>(middle),
                                      columns.end());
  columns.resize(middle);
  for (const std::string& metric : metrics) add("metrics", metric);
  columns.insert(columns.end(), last.begin(), last.end());
  return absl::StrCat("DROP VIEW IF EXISTS results;\nCREATE VIEW results AS SELECT\n",
                      absl::StrJoin(columns, ",\n"),
                      "\nFROM runs LEFT JOIN points ON points.point = runs.point"
                      "\nLEFT JOIN metrics ON metrics.run = runs.run;\n");
}

constexpr const char* kTimingsView =
    "DROP VIEW IF EXISTS timings;\n"
    "CREATE VIEW timings AS SELECT\n"
    "  runs.run AS run, runs.point AS point, runs.seed AS seed,\n"
    "  speed.wall_us AS wall_us, speed.steps AS steps, speed.memory_kb AS memory_kb,\n"
    "  runs.events * 1e6 / speed.wall_us AS events_per_s,\n"
    "  runs.simulated_ps * 1e-6 / speed.wall_us AS simulated_s_per_s\n"
    "FROM runs JOIN speed ON speed.run = runs.run;\n";

// What `summary` says of one quantity. Two passes, mean first: the difference of two large sums of
// squares would lose what little a metric varies. Where all values are equal, their mean is that
// value and the interval has no width, whatever the sums were rounded to. Names in between are
// always qualified: a metric or a parameter may be called m0 as well.
struct Quantity {
  std::string source;  // "metrics"."m"
  std::size_t number;  // of the columns in between: m7, l7, h7, n7, s7
  // Those are named with their table throughout: a parameter may be called n7, too.

  std::string OfMeans() const {
    return absl::StrFormat("  avg(%s) AS m%d, min(%s) AS l%d, max(%s) AS h%d, count(%s) AS n%d",
                           source, number, source, number, source, number, source, number);
  }
  std::string OfSquares() const {
    return absl::StrFormat("  sum((%s - means.m%d) * (%s - means.m%d)) AS s%d", source, number,
                           source, number, number);
  }
  std::string Mean() const {
    return absl::StrFormat("CASE WHEN %s = %s THEN %s ELSE means.m%d END", Least(), Greatest(),
                           Least(), number);
  }
  std::string HalfWidth() const {
    return absl::StrFormat(
        "CASE WHEN means.n%d < 2 THEN NULL WHEN %s = %s THEN 0.0 ELSE\n"
        "    (SELECT t FROM student_t WHERE df = min(means.n%d - 1, %d))\n"
        "    * sqrt(squares.s%d / (means.n%d - 1) / means.n%d) END",
        number, Least(), Greatest(), number, kDegrees + 1, number, number, number);
  }
  std::string Least() const { return absl::StrCat("means.l", number); }
  std::string Greatest() const { return absl::StrCat("means.h", number); }
};

std::string SummaryView(const std::vector<std::string>& parameters,
                        const std::vector<std::string>& metrics) {
  ColumnNames names;
  std::vector<std::string> columns = {As("points.point", names.Take("point"))};
  for (const std::string& parameter : parameters)
    columns.push_back(As("points." + QuotedName(parameter), names.Take(parameter)));
  for (const char* const count : {"runs", "judged", "failed", "unexpected"})
    columns.push_back(As(absl::StrCat("coalesce(counts.\"", count, "\", 0)"), names.Take(count)));
  std::vector<std::string> of_means = {"runs.point AS point"};
  std::vector<std::string> of_squares = {"means.point AS point"};
  const auto add = [&](std::string_view table, const std::string& name) {
    const Quantity quantity = {absl::StrCat(std::string(table), ".", QuotedName(name)),
                               of_means.size() - 1};
    of_means.push_back(quantity.OfMeans());
    of_squares.push_back(quantity.OfSquares());
    columns.push_back(As(quantity.Mean(), names.Take(name)));
    columns.push_back(As(quantity.HalfWidth(), names.Take(name + "_ci95")));
    columns.push_back(As(quantity.Least(), names.Take(name + "_min")));
    columns.push_back(As(quantity.Greatest(), names.Take(name + "_max")));
  };
  for (const std::string& metric : metrics) add("metrics", metric);
  return absl::StrCat(
      "DROP VIEW IF EXISTS summary;\nCREATE VIEW summary AS WITH\n"
      "counts AS (SELECT point, count(*) AS runs, sum(outcome = 'judged') AS judged,\n"
      "  sum(outcome <> 'judged') AS failed, sum(as_expected = 0) AS unexpected\n"
      "  FROM runs GROUP BY point),\n"
      "means AS (SELECT\n",
      absl::StrJoin(of_means, ",\n"),
      "\n  FROM runs LEFT JOIN metrics ON metrics.run = runs.run\n"
      "  WHERE runs.outcome = 'judged' GROUP BY runs.point),\n"
      "squares AS (SELECT\n",
      absl::StrJoin(of_squares, ",\n"),
      "\n  FROM means CROSS JOIN runs ON runs.point = means.point AND runs.outcome = 'judged'\n"
      "  LEFT JOIN metrics ON metrics.run = runs.run GROUP BY means.point)\nSELECT\n",
      absl::StrJoin(columns, ",\n"),
      "\nFROM points LEFT JOIN counts ON counts.point = points.point\n"
      "LEFT JOIN means ON means.point = points.point\n"
      "LEFT JOIN squares ON squares.point = points.point;\n");
}

}  // namespace

const std::vector<std::string_view>& ResultColumns() {
  static const std::vector<std::string_view> kReserved = {
      "run",    "point",      "seed",    "outcome",     "error",     "recipe", "digest",
      "events", "verdict",    "oracles", "as_expected", "receipts",  "runs",   "judged",
      "failed", "unexpected", "wall_us", "steps",       "memory_kb", "rowid",  "simulated_ps"};
  return kReserved;
}

const std::vector<std::string_view>& RunColumns() {
  static const std::vector<std::string_view> kColumns = {
      "run",    "point",   "seed",        "outcome", "error",    "recipe",      "digest",
      "events", "verdict", "as_expected", "oracles", "receipts", "simulated_ps"};
  return kColumns;
}

const std::vector<std::string_view>& SpeedColumns() {
  static const std::vector<std::string_view> kColumns = {"run", "wall_us", "steps", "memory_kb"};
  return kColumns;
}

absl::Status CheckParameters(const std::string& path, const std::vector<std::string>& parameters) {
  std::set<std::string> seen;
  for (const std::string& parameter : parameters) {
    const std::string name = absl::AsciiStrToLower(parameter);
    const std::vector<std::string_view>& reserved = ResultColumns();
    if (name.empty() || std::find(reserved.begin(), reserved.end(), name) != reserved.end())
      return absl::InvalidArgumentError(absl::StrCat(
          path, ": a parameter cannot be called \"", parameter,
          "\", since results have a column of that name; choose another name for that axis"));
    if (!seen.insert(name).second)
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": two parameters are called \"", parameter,
                       "\" (SQL takes capitals for small letters); rename one"));
  }
  return absl::OkStatus();
}

std::string TablesSql(const std::vector<std::string>& parameters) {
  std::string points = "CREATE TABLE points (point INTEGER PRIMARY KEY";
  // Without a type, a column keeps numbers as numbers and texts as texts.
  for (const std::string& parameter : parameters)
    absl::StrAppend(&points, ", ", QuotedName(parameter));
  return absl::StrCat(
      "PRAGMA application_id = ", kResultsApplication, ";\nPRAGMA user_version = ", kResultsVersion,
      ";\nCREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;\n", points, ");\n",
      "CREATE TABLE runs (run INTEGER PRIMARY KEY, point INTEGER NOT NULL, seed INTEGER NOT NULL,\n"
      "  outcome TEXT NOT NULL, error TEXT, recipe TEXT, digest TEXT, events INTEGER,\n"
      "  verdict TEXT, as_expected INTEGER NOT NULL, oracles TEXT, receipts TEXT,\n"
      "  simulated_ps INTEGER);\n"
      "CREATE INDEX runs_by_point ON runs (point, outcome);\n"
      "CREATE TABLE metrics (run INTEGER PRIMARY KEY);\n"
      "CREATE TABLE speed (run INTEGER PRIMARY KEY, wall_us INTEGER NOT NULL, steps INTEGER,\n"
      "  memory_kb INTEGER);\n"
      "CREATE TABLE thresholds (grp INTEGER PRIMARY KEY, last_holding INTEGER,\n"
      "  first_failing INTEGER);\n",
      StudentTable());
}

std::string ViewsSql(const std::vector<std::string>& parameters, std::vector<std::string> metrics) {
  std::sort(metrics.begin(), metrics.end());
  return absl::StrCat(ResultsView(parameters, metrics), kTimingsView,
                      SummaryView(parameters, metrics));
}

std::string InsertSql(std::string_view table, const std::vector<std::string_view>& columns) {
  std::vector<std::string> names;
  for (const std::string_view column : columns) names.push_back(QuotedName(column));
  const std::vector<std::string> values(columns.size(), "?");
  return absl::StrCat("INSERT INTO ", std::string(table), " (", absl::StrJoin(names, ", "),
                      ") VALUES (", absl::StrJoin(values, ", "), ")");
}

}  // namespace lockstep::analysis
