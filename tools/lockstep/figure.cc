// Figures: see figure.h.

#include "tools/lockstep/figure.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/parameters/parameters.h"
#include "sim/scenario/name_search.h"
#include "tools/lockstep/file_kind.h"

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

// Adds those that are about other places than what a row sets.
void AddWhereSilent(const std::vector<sim::Override>& set, std::vector<sim::Override>& overrides) {
  std::vector<sim::Override> more;
  for (const sim::Override& change : set) {
    const bool is_said = std::ranges::any_of(overrides, [&](const sim::Override& own) {
      return change.first == own.first || absl::StartsWith(change.first, own.first + "/");
    });
    if (!is_said) more.push_back(change);
  }
  overrides.insert(overrides.begin(), more.begin(), more.end());
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
      if (panel.planned)
        for (const sweep::Axis& each : panel.planned->sweep->axes) axes.insert(each.name);
    if (axes.contains(axis)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--points ", axis, ": no figure has such an axis",
                     axes.empty() ? "" : "; there are ", absl::StrJoin(axes, ", ")));
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
    AddWhereSilent(options.set, next->overrides);
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
  if (absl::Status planned = PlanRows(read, path); !planned.ok()) return planned;
  if (absl::Status chosen = CheckChosen(read, names, options); !chosen.ok()) return chosen;
  return read;
}

}  // namespace lockstep::cli
