// Figures that have rows: see figure.h.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "analysis/measurement.h"
#include "tools/lockstep/figure.h"
#include "tools/lockstep/interrupt.h"
#include "tools/lockstep/quantity.h"
#include "tools/lockstep/rows.h"
#include "tools/lockstep/runner.h"

namespace lockstep::cli {
namespace {

using analysis::RunRow;
using nlohmann::json;

std::optional<double> Named(const RunRow& run, const char* name) {
  const auto at = run.metrics.find(name);
  return at == run.metrics.end() ? std::nullopt : std::optional<double>(at->second);
}

// Adds up where every run has the number.
void AddOptional(std::optional<double>& sum, const std::optional<double>& value, bool is_first) {
  if (is_first) {
    sum = value;
  } else if (sum && value) {
    *sum += *value;
  } else {
    sum.reset();
  }
}

FigureResult Summarise(const FigureRow& row, std::vector<RunRow> runs) {
  FigureResult result;
  result.label = row.label;
  result.note = row.note;
  const auto count = static_cast<double>(runs.size());
  for (const RunRow& run : runs) {
    const bool is_first = result.by_seed.empty();
    result.by_seed.push_back(Named(run, "published_per_s").value_or(0));
    result.simulated += result.by_seed.back() / count;
    result.delivered += Named(run, "delivered_per_s").value_or(0) / count;
    AddOptional(result.resends, Named(run, "resends_per_message"), is_first);
    AddOptional(result.premature, Named(run, "premature_per_message"), is_first);
  }
  if (result.resends) *result.resends /= count;
  if (result.premature) *result.premature /= count;
  const auto [least, most] = std::minmax_element(result.by_seed.begin(), result.by_seed.end());
  if (runs.size() > 1 && result.simulated > 0) {
    result.spread = (*most - *least) / 2 / result.simulated;
  }
  for (const double value : row.published) {
    // Nearest by ratio: that is what is printed.
    const auto distance = [&](double v) { return std::abs(std::log(result.simulated / v)); };
    if (!result.published || distance(value) < distance(*result.published)) {
      result.published = value;
    }
  }
  result.runs = std::move(runs);
  return result;
}

// The first run that did not end as its scenario expects, else the first.
const RunRow& Telling(const FigureResult& row) {
  const auto found =
      std::ranges::find_if(row.runs, [](const RunRow& run) { return !run.is_as_expected; });
  return found == row.runs.end() ? row.runs.front() : *found;
}

// How it ended: a verdict, or why there is none.
std::string EndOf(const RunRow& run) {
  return run.outcome == analysis::Outcome::kJudged ? run.verdict
                                                   : std::string(analysis::Name(run.outcome));
}

analysis::RemarksOfMany RemarksOf(const FigureResult& row) {
  analysis::RemarksOfMany remarks;
  for (const RunRow& run : row.runs) remarks.Add(analysis::MeasuredForOf(run.metrics));
  return remarks;
}

std::string SpreadOf(const FigureResult& row) {
  if (!row.spread) return "-";
  return *row.spread == 0 ? "none" : absl::StrFormat("%.1f %%", *row.spread * 100);
}

std::string Optional(const std::optional<double>& value, int digits) {
  return value ? absl::StrFormat("%.*f", digits, *value) : "-";
}

// The rows as the values of an axis of the sweep.
absl::StatusOr<json> SweepOf(const Figure& figure, const RowSweep& sweep, const std::string& path) {
  json values = json::array();
  std::uint64_t seed = 0;
  for (const std::size_t i : sweep.rows) {
    const FigureRow& row = figure.rows[i];
    const auto prepared = Prepare(row.scenario, row.overrides, figure.own);
    if (!prepared.ok())
      return absl::Status(prepared.status().code(),
                          absl::StrCat("row \"", row.label, "\": ", prepared.status().message()));
    if (values.empty()) seed = prepared->scenario.seed;
    json set = json::object();
    for (const auto& [pointer, value] : row.overrides) {
      const json parsed = json::parse(value, nullptr, /*allow_exceptions=*/false);
      set[pointer] = parsed.is_discarded() ? json(value) : parsed;
    }
    values.push_back({{"label", row.label}, {"set", std::move(set)}});
  }
  const std::filesystem::path scenario(figure.rows[sweep.rows.front()].scenario);
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return json{{"lockstep_sweep", 1},
              {"name", absl::StrCat(figure.title, ": ", sweep.name)},
              {"why", "Rows of a figure."},
              {"scenario", scenario.lexically_relative(folder).string()},
              {"axes", {{{"name", "row"}, {"values", std::move(values)}}}},
              {"seeds", {{"first", seed}, {"count", figure.seeds}}}};
}

}  // namespace

absl::Status PlanRows(Figure& figure, const std::string& path) {
  for (std::size_t i = 0; i < figure.rows.size(); ++i) {
    const std::string name = std::filesystem::path(figure.rows[i].scenario).stem().string();
    const auto found = std::ranges::find_if(figure.sweeps, [&](const RowSweep& sweep) {
      return figure.rows[sweep.rows.front()].scenario == figure.rows[i].scenario;
    });
    if (found != figure.sweeps.end())
      found->rows.push_back(i);
    else
      figure.sweeps.push_back({name, {i}, std::nullopt});
  }
  for (RowSweep& sweep : figure.sweeps) {
    const auto document = SweepOf(figure, sweep, path);
    if (!document.ok()) return document.status();
    auto planned = PlanOf(*document, path, figure.own);
    if (!planned.ok()) return planned.status();
    sweep.planned = *std::move(planned);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<FigureResult>> ComputeFigure(const Figure& figure,
                                                        const FigureRuns& how) {
  const FigureFolder folder(how.out);
  if (absl::Status made = folder.Make(); !made.ok()) return made;
  std::vector<std::vector<RunRow>> of_rows(figure.rows.size());
  for (std::size_t i = 0; i < figure.sweeps.size() && !IsInterrupted(); ++i) {
    const RowSweep& sweep = figure.sweeps[i];
    auto runs = MakeRuns(*sweep.planned, how, folder.Base(sweep.name),
                         absl::StrCat(sweep.name, " (", i + 1, " of ", figure.sweeps.size(), ")"));
    if (!runs.ok()) return runs.status();
    for (RunRow& run : *runs) of_rows[sweep.rows[run.point]].push_back(std::move(run));
  }
  std::vector<FigureResult> results;
  for (std::size_t i = 0; i < figure.rows.size(); ++i) {
    if (of_rows[i].size() == figure.seeds)
      results.push_back(Summarise(figure.rows[i], std::move(of_rows[i])));
  }
  return results;
}

std::string ToTable(const Figure& figure, const std::vector<FigureResult>& rows) {
  std::string text = absl::StrCat(figure.title, " (", figure.unit, ")\n\n");
  absl::StrAppendFormat(&text, "%-36s %10s %7s %10s %6s %10s %8s %9s  %s\n", "", "simulated",
                        "spread", "published", "ratio", "delivered", "resends", "premature",
                        "verdict");
  std::string notes;
  std::string remarks;
  for (const FigureResult& row : rows) {
    const std::optional<double> ratio =
        row.published ? std::optional<double>(row.simulated / *row.published) : std::nullopt;
    absl::StrAppendFormat(&text, "%-36s %10s %7s %10s %6s %10s %8s %9s  %s\n", row.label,
                          ShortNumber(row.simulated), SpreadOf(row),
                          row.published ? ShortNumber(*row.published) : "-", Optional(ratio, 2),
                          ShortNumber(row.delivered), Optional(row.resends, 4),
                          Optional(row.premature, 4), EndOf(Telling(row)));
    if (!row.note.empty()) absl::StrAppend(&notes, "  ", row.label, ": ", row.note, "\n");
    for (const auto& [runs, remark] : RemarksOf(row).All())
      absl::StrAppend(&remarks, "  ", row.label, ": ", remark,
                      runs > 1 ? absl::StrCat(" (the worst of ", runs, " seeds)") : "", "\n");
  }
  if (figure.seeds > 1) {
    absl::StrAppend(
        &text, "\n  Means of ", figure.seeds,
        " seeds; spread: half the range over them; none: the point is deterministic.\n");
  }
  for (const FigureResult& row : rows) {
    if (const std::string& error = Telling(row).error; !error.empty())
      absl::StrAppend(&notes, "  ", row.label, ": ", error, "\n");
  }
  if (!notes.empty()) absl::StrAppend(&text, "\n", notes);
  if (!remarks.empty()) absl::StrAppend(&text, "\n", remarks);
  return text;
}

json ToJson(const std::vector<FigureResult>& rows) {
  json list = json::array();
  for (const FigureResult& row : rows) {
    json entry = {{"label", row.label},
                  {"simulated", row.simulated},
                  {"delivered", row.delivered},
                  {"note", row.note},
                  {"by_seed", row.by_seed}};
    for (const RunRow& run : row.runs)
      entry["runs"].push_back({{"seed", run.seed},
                               {"verdict", EndOf(run)},
                               {"as_expected", run.is_as_expected},
                               {"digest", run.digest},
                               {"metrics", run.metrics}});
    if (row.spread) {
      entry["spread"] = *row.spread;
      entry["is_deterministic"] = *row.spread == 0;
    }
    if (row.published) {
      entry["published"] = *row.published;
      entry["ratio"] = row.simulated / *row.published;
    }
    for (const auto& [runs, remark] : RemarksOf(row).All())
      entry["remarks"].push_back({{"runs", runs}, {"worst", remark}});
    list.push_back(std::move(entry));
  }
  return list;
}

std::string ToCsv(const std::vector<FigureResult>& rows) {
  std::vector<std::vector<json>> cells;
  const auto or_null = [](const std::optional<double>& value) {
    return value ? json(*value) : json();
  };
  for (const FigureResult& row : rows) {
    cells.push_back({row.label, row.simulated, or_null(row.spread), or_null(row.published),
                     row.delivered, or_null(row.resends), or_null(row.premature),
                     EndOf(Telling(row))});
  }
  return CsvOf(
      {"label", "simulated", "spread", "published", "delivered", "resends", "premature", "verdict"},
      cells);
}

}  // namespace lockstep::cli
