// Figures: see figure.h.

#include "tools/lockstep/figure.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "analysis/measurement.h"
#include "analysis/metrics.h"
#include "protocols/parameters/parameters.h"
#include "sim/scenario/name_search.h"
#include "tools/lockstep/file_kind.h"
#include "tools/lockstep/parallel.h"
#include "tools/lockstep/quantity.h"
#include "tools/lockstep/rows.h"

namespace lockstep::cli {
namespace {

namespace fs = std::filesystem;

std::string Beside(const std::string& file, const std::string& name) {
  return (fs::path(file).parent_path() / name).lexically_normal().string();
}

// Number at `pointer` of the reference; an error names the place in the figure file.
absl::StatusOr<double> Lookup(const nlohmann::json& reference, const nlohmann::json& pointer,
                              const std::string& where) {
  const auto wrong = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat(where, ": want JSON pointers to numbers of the reference file"));
  };
  if (!pointer.is_string()) return wrong();
  const nlohmann::json* const at = FindAt(reference, pointer.get<std::string>());
  if (at == nullptr || !at->is_number()) return wrong();
  return at->get<double>();
}

absl::StatusOr<FigureRow> ReadRow(Parameters& row, const std::string& file,
                                  const nlohmann::json& reference) {
  FigureRow read;
  read.label = row.String("label");
  read.scenario = Beside(file, row.String("scenario"));
  read.note = row.StringOr("note", "");
  if (const nlohmann::json* set = row.Raw("set"); set != nullptr) {
    if (!set->is_object()) row.FailWanted("set", "an object of JSON pointers and values");
    for (const auto& [pointer, value] : set->items()) {
      read.overrides.emplace_back(pointer, value.dump());
    }
  }
  if (const nlohmann::json* published = row.Raw("published"); published != nullptr) {
    for (const nlohmann::json& pointer : *published) {
      auto value =
          Lookup(reference, pointer, absl::StrCat(file, ": ", row.pointer(), "/published"));
      if (!value.ok()) return value.status();
      read.published.push_back(*value);
    }
  }
  return read;
}

// Mean of a figure over the streams of a run.
std::optional<double> Mean(const nlohmann::json& streams, const char* outer, const char* inner) {
  double sum = 0;
  for (const nlohmann::json& stream : streams) {
    const nlohmann::json& at = inner == nullptr ? stream : stream[outer];
    const char* key = inner == nullptr ? outer : inner;
    if (!at.contains(key)) return std::nullopt;
    sum += at[key].get<double>();
  }
  return streams.empty() ? 0 : sum / static_cast<double>(streams.size());
}

// One row with the `nth` seed.
absl::StatusOr<RunResult> RunRow(const FigureRow& row, std::uint64_t nth, const Additions& own) {
  std::vector<sim::Override> overrides = row.overrides;
  auto prepared = Prepare(row.scenario, overrides, own);
  if (prepared.ok() && nth > 0) {
    overrides.emplace_back("/run/seed", absl::StrCat(prepared->scenario.seed + nth));
    prepared = Prepare(row.scenario, overrides, own);
  }
  if (!prepared.ok()) {
    return absl::Status(prepared.status().code(),
                        absl::StrCat("row \"", row.label, "\": ", prepared.status().message()));
  }
  return Run(*prepared, {});
}

std::optional<double> Named(const std::map<std::string, double>& metrics, const char* name) {
  const auto at = metrics.find(name);
  return at == metrics.end() ? std::nullopt : std::optional<double>(at->second);
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

FigureResult Summarise(const FigureRow& row, std::vector<RunResult> runs) {
  FigureResult result;
  result.label = row.label;
  result.note = row.note;
  const auto count = static_cast<double>(runs.size());
  for (const RunResult& run : runs) {
    const nlohmann::json& streams = run.summary["streams"];
    const bool is_first = result.by_seed.empty();
    result.by_seed.push_back(Mean(streams, "as_published", "messages_per_s").value_or(0));
    result.simulated += result.by_seed.back() / count;
    result.delivered += Mean(streams, "as_delivered", "messages_per_s").value_or(0) / count;
    const std::map<std::string, double> metrics = analysis::MetricsOf(run.summary);
    AddOptional(result.resends, Named(metrics, "resends_per_message"), is_first);
    AddOptional(result.premature, Named(metrics, "premature_per_message"), is_first);
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
const RunResult& Telling(const FigureResult& row) {
  const auto found = std::find_if(row.runs.begin(), row.runs.end(),
                                  [](const RunResult& run) { return !run.is_as_expected; });
  return found == row.runs.end() ? row.runs.front() : *found;
}

analysis::RemarksOfMany RemarksOf(const FigureResult& row) {
  analysis::RemarksOfMany remarks;
  for (const RunResult& run : row.runs)
    remarks.Add(run.summary.value("measured_for", nlohmann::json::object()));
  return remarks;
}

std::string SpreadOf(const FigureResult& row) {
  if (!row.spread) return "-";
  return *row.spread == 0 ? "none" : absl::StrFormat("%.1f %%", *row.spread * 100);
}

std::string Optional(const std::optional<double>& value, int digits) {
  return value ? absl::StrFormat("%.*f", digits, *value) : "-";
}

// "picsou" is figures/picsou.json of what lockstep came with, if no file is called that.
std::string FindFigure(const std::string& given) {
  std::error_code ignored;
  const bool is_name = given.find('/') == std::string::npos && fs::path(given).extension().empty();
  if (!is_name || fs::exists(given, ignored)) return sim::FindGiven(given);
  const std::string named = absl::StrCat("scenarios/figures/", given, ".json");
  const std::string found = sim::FindGiven(named);
  return fs::exists(found, ignored) ? found : given;
}

// That what was chosen of a figure is there.
absl::Status CheckChosen(const Figure& figure, const std::vector<std::string>& names,
                         const FigureOptions& options) {
  for (const std::string& wanted : options.panels) {
    if (std::ranges::find(names, wanted) != names.end()) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "--figure ", wanted, ": there is none; there are ", absl::StrJoin(names, ", ")));
  }
  for (const auto& [axis, values] : options.points) {
    std::set<std::string> axes;
    for (const Panel& panel : figure.panels)
      for (const sweep::Axis& each : panel.planned.sweep->axes) axes.insert(each.name);
    if (axes.contains(axis)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "--points ", axis, ": no figure has such an axis; there are ", absl::StrJoin(axes, ", ")));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Figure> ReadFigure(const std::string& given, const FigureOptions& options) {
  const std::string path = FindFigure(given);
  const auto document = ReadJsonFile(path);
  if (!document.ok()) return document.status();
  if (absl::Status kind = CheckKind(*document, "lockstep_figure", path); !kind.ok()) return kind;
  Parameters figure(*document, path, "");
  figure.Integer("lockstep_figure", 1, 1);
  Figure read;
  read.own = options.own;
  read.title = figure.String("title");
  read.note = figure.StringOr("note", "");
  const bool has_panels = figure.Has("panels");
  if (!has_panels) {
    read.unit = figure.String("unit");
    read.seeds = figure.IntegerOr("seeds", 1, 1, 1'000);
    if (options.seeds) read.seeds = *options.seeds;
    if (!options.panels.empty() || !options.points.empty())
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": has rows, not panels: --figure and --points choose among these"));
  }
  const std::string reference_name = figure.String("reference");
  if (!figure.ok()) return figure.Done();
  const auto reference = ReadJsonFile(Beside(path, reference_name));
  if (!reference.ok()) return reference.status();
  for (Parameters& row : figure.ObjectsOr("rows")) {
    auto next = ReadRow(row, path, *reference);
    if (!next.ok()) return next.status();
    next->overrides.insert(next->overrides.begin(), options.set.begin(), options.set.end());
    read.rows.push_back(*std::move(next));
    if (const absl::Status status = row.Done(); !status.ok()) return status;
  }
  std::vector<std::string> names;
  for (Parameters& panel : figure.ObjectsOr("panels")) {
    const std::string name = panel.StringOr("name", "");
    names.push_back(name);
    const auto& wanted = options.panels;
    if (!wanted.empty() && std::ranges::find(wanted, name) == wanted.end()) {
      for (const std::string& key : panel.keys()) panel.Raw(key);
      continue;
    }
    auto next = ReadPanel(panel, *reference, options);
    if (!next.ok()) return next.status();
    read.panels.push_back(*std::move(next));
  }
  if (has_panels && !read.rows.empty()) figure.Fail("rows", "a figure has rows or panels");
  if (const absl::Status status = figure.Done(); !status.ok()) return status;
  if (absl::Status chosen = CheckChosen(read, names, options); !chosen.ok()) return chosen;
  return read;
}

absl::StatusOr<std::vector<FigureResult>> ComputeFigure(const Figure& figure, unsigned jobs) {
  const std::size_t total = figure.rows.size() * figure.seeds;
  std::vector<std::optional<RunResult>> runs(total);  // runs[row * seeds + nth]
  std::size_t done = 0;
  const absl::Status made = ForEachOf(
      total, jobs,
      [&](std::size_t i) {
        return RunRow(figure.rows[i / figure.seeds], i % figure.seeds, figure.own);
      },
      [&](std::size_t i, absl::StatusOr<RunResult> run) {
        if (!run.ok()) return run.status();
        runs[i] = *std::move(run);
        absl::FPrintF(stderr, "[%d/%d] %s\n", ++done, total, figure.rows[i / figure.seeds].label);
        return absl::OkStatus();
      });
  if (!made.ok()) return made;
  std::vector<FigureResult> results;
  for (std::size_t i = 0; i < figure.rows.size(); ++i) {
    std::vector<RunResult> of_row;
    for (std::size_t nth = 0; nth < figure.seeds; ++nth) {
      std::optional<RunResult>& run = runs[i * figure.seeds + nth];
      if (run) of_row.push_back(*std::move(run));
    }
    // Of what was interrupted, whole rows are shown.
    if (of_row.size() == figure.seeds) {
      results.push_back(Summarise(figure.rows[i], std::move(of_row)));
    }
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
                          Optional(row.premature, 4), analysis::Name(Telling(row).verdict));
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
  if (!notes.empty()) absl::StrAppend(&text, "\n", notes);
  if (!remarks.empty()) absl::StrAppend(&text, "\n", remarks);
  return text;
}

nlohmann::json ToJson(const std::vector<FigureResult>& rows) {
  nlohmann::json list = nlohmann::json::array();
  for (const FigureResult& row : rows) {
    nlohmann::json entry = {{"label", row.label},
                            {"simulated", row.simulated},
                            {"delivered", row.delivered},
                            {"note", row.note},
                            {"by_seed", row.by_seed}};
    for (const RunResult& run : row.runs) entry["summaries"].push_back(run.summary);
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
  std::vector<std::vector<nlohmann::json>> cells;
  const auto or_null = [](const std::optional<double>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json();
  };
  for (const FigureResult& row : rows) {
    cells.push_back({row.label, row.simulated, or_null(row.spread), or_null(row.published),
                     row.delivered, or_null(row.resends), or_null(row.premature),
                     std::string(analysis::Name(Telling(row).verdict))});
  }
  return CsvOf(
      {"label", "simulated", "spread", "published", "delivered", "resends", "premature", "verdict"},
      cells);
}

}  // namespace lockstep::cli
