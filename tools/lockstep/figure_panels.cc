// Figures that have panels: see figure.h.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "analysis/measurement.h"
#include "sim/trace/file_beside.h"
#include "tools/lockstep/figure.h"
#include "tools/lockstep/interrupt.h"
#include "tools/lockstep/output.h"
#include "tools/lockstep/rows.h"
#include "tools/sweep/findings.h"

namespace lockstep::cli {
namespace {

using analysis::RunRow;
using nlohmann::json;

// The runs of a panel that did not end as expected, a line each.
std::string Unexpected(const Panel& panel, const std::vector<RunRow>& runs) {
  std::string text;
  for (const RunRow& row : runs) {
    if (row.is_as_expected) continue;
    absl::StrAppend(&text, "  ", sweep::Describe(panel.planned->plan.At(row.point)), ", seed ",
                    row.seed, ": ",
                    row.outcome == analysis::Outcome::kJudged ? row.verdict : row.error, "\n");
  }
  return text.empty() ? text : absl::StrCat("  not as expected:\n", text);
}

// How the runs of a panel ended: which were not as expected, and which were never made.
std::string Outcomes(const Panel& panel, const std::vector<RunRow>& runs) {
  if (!panel.planned) return "";
  const std::uint64_t wanted = panel.planned->plan.runs_max();
  std::string text = Unexpected(panel, runs);
  if (runs.size() < wanted)
    absl::StrAppend(&text, "  interrupted: ", runs.size(), " of ", wanted, " runs were made.\n");
  else if (text.empty())
    absl::StrAppend(&text, "  ", wanted, " runs, each with the verdict that is expected of it.\n");
  return text;
}

json JsonOf(const Panel& panel, const PanelResult& result) {
  json made = ToJson(panel, result.points);
  for (const RunRow& row : result.runs) {
    json run = {{"where", sweep::Describe(panel.planned->plan.At(row.point))},
                {"seed", row.seed},
                {"verdict", row.verdict},
                {"as_expected", row.is_as_expected},
                {"digest", row.digest}};
    if (!row.error.empty()) run["error"] = row.error;
    made["runs"].push_back(std::move(run));
  }
  return made;
}

void AddCells(const json& panel, const std::vector<std::string>& also,
              std::vector<std::vector<json>>& cells) {
  for (const json& point : panel["points"]) cells.push_back(PointCells(panel, point, also));
}

// What is found of one panel, as files of their own.
absl::Status Keep(const Panel& panel, const PanelResult& result, const std::string& base) {
  const json made = JsonOf(panel, result);
  std::vector<std::vector<json>> cells;
  AddCells(made, panel.also, cells);
  absl::Status status = trace::WriteFile(base + ".csv", CsvOf(PointColumns(panel.also), cells));
  status.Update(trace::WriteFile(base + ".json", JsonText({{"panels", json::array({made})}})));
  return status;
}

// Of all points that have a reference, if they are of more than one panel.
std::string DistanceOfAll(const Figure& figure, const std::vector<PanelResult>& panels) {
  std::vector<PanelPoint> all;
  for (std::size_t i = 0; i < panels.size(); ++i) {
    if (figure.panels[i].is_exact() || figure.panels[i].is_bounded) continue;
    for (const PanelPoint& point : panels[i].points)
      if (point.reference) all.push_back(point);
  }
  return absl::StrCat(all.size(), " references: ", Distance(all));
}

analysis::RemarksOfMany RemarksOf(const std::vector<PanelResult>& panels) {
  analysis::RemarksOfMany remarks;
  for (const PanelResult& panel : panels)
    for (const RunRow& row : panel.runs) remarks.Add(analysis::MeasuredForOf(row.metrics));
  return remarks;
}

}  // namespace

absl::StatusOr<std::vector<PanelResult>> ComputePanels(const Figure& figure,
                                                       const FigureRuns& how) {
  const FigureFolder folder(how.out);
  if (absl::Status made = folder.Make(); !made.ok()) return made;
  std::vector<PanelResult> results;
  for (std::size_t i = 0; i < figure.panels.size() && !IsInterrupted(); ++i) {
    const Panel& panel = figure.panels[i];
    const std::string base = folder.Base(panel.name);
    PanelResult result;
    if (panel.planned) {
      auto runs =
          MakeRuns(*panel.planned, how, base,
                   absl::StrCat(panel.name, " (", i + 1, " of ", figure.panels.size(), ")"));
      if (!runs.ok()) return runs.status();
      result.runs = *std::move(runs);
    }
    result.points = PointsOf(panel, result.runs);
    results.push_back(std::move(result));
    if (how.out.empty()) continue;
    if (absl::Status kept = Keep(panel, results.back(), base); !kept.ok()) return kept;
  }
  return results;
}

std::string ToTable(const Figure& figure, const std::vector<PanelResult>& panels) {
  std::string text = figure.title + "\n";
  for (std::size_t i = 0; i < panels.size(); ++i) {
    absl::StrAppend(&text, "\n", ToTable(figure.panels[i], panels[i].points),
                    Outcomes(figure.panels[i], panels[i].runs));
  }
  for (const auto& [runs, remark] : RemarksOf(panels).All())
    absl::StrAppend(&text, "\n  remark on ", runs, " runs, the worst: ", remark, "\n");
  if (panels.size() > 1 && std::ranges::none_of(figure.panels, [](const Panel& panel) {
        return panel.within.has_value();
      }))
    absl::StrAppend(&text, "\n  ", DistanceOfAll(figure, panels), "\n");
  if (!figure.note.empty()) absl::StrAppend(&text, "\n  ", figure.note, "\n");
  return text;
}

std::string Unexpected(const Figure& figure, const std::vector<PanelResult>& panels) {
  std::string text;
  for (std::size_t i = 0; i < panels.size(); ++i) {
    const std::string of_panel = Unexpected(figure.panels[i], panels[i].runs);
    if (!of_panel.empty()) absl::StrAppend(&text, figure.panels[i].name, "\n", of_panel);
  }
  return text;
}

json ToJson(const Figure& figure, const std::vector<PanelResult>& panels) {
  json document = {{"title", figure.title}, {"note", figure.note}, {"panels", json::array()}};
  for (std::size_t i = 0; i < panels.size(); ++i)
    document["panels"].push_back(JsonOf(figure.panels[i], panels[i]));
  for (const auto& [runs, remark] : RemarksOf(panels).All())
    document["remarks"].push_back({{"runs", runs}, {"worst", remark}});
  return document;
}

std::string ToCsv(const Figure& figure, const std::vector<PanelResult>& panels) {
  std::vector<std::string> also;
  for (const Panel& panel : figure.panels)
    for (const std::string& metric : panel.also)
      if (std::ranges::find(also, metric) == also.end()) also.push_back(metric);
  std::vector<std::vector<json>> cells;
  for (std::size_t i = 0; i < panels.size(); ++i)
    AddCells(JsonOf(figure.panels[i], panels[i]), also, cells);
  return CsvOf(PointColumns(also), cells);
}

}  // namespace lockstep::cli
