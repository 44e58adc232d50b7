// Figures that have panels: see figure.h.

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "analysis/measurement.h"
#include "tools/lockstep/figure.h"
#include "tools/lockstep/parallel.h"
#include "tools/lockstep/rows.h"
#include "tools/lockstep/sweep_run.h"
#include "tools/sweep/engine.h"
#include "tools/sweep/findings.h"

namespace lockstep::cli {
namespace {

using analysis::RunRow;
using nlohmann::json;

// A run of one panel.
struct PanelRun {
  std::size_t panel;
  std::uint64_t run;
};

RunRow MakeRun(const Panel& panel, std::uint64_t run) {
  const sweep::Job job = sweep::MakeJob(panel.planned.plan, run);
  RunRow row = RunnerOf(*panel.planned.sweep, panel.planned.own)(job);
  row.run = run;
  row.point = job.point;
  row.seed = job.seed;
  row.is_as_expected =
      sweep::IsAsExpected(*panel.planned.sweep, panel.planned.plan.At(row.point), row);
  return row;
}

// How the runs of a panel ended: which were not as expected, and which were never made.
std::string Outcomes(const Panel& panel, const std::vector<RunRow>& runs) {
  const std::uint64_t wanted = panel.planned.plan.runs_max();
  std::string text;
  for (const RunRow& row : runs) {
    if (row.is_as_expected) continue;
    absl::StrAppend(&text, "  ", sweep::Describe(panel.planned.plan.At(row.point)), ", seed ",
                    row.seed, ": ",
                    row.outcome == analysis::Outcome::kJudged ? row.verdict : row.error, "\n");
  }
  if (!text.empty()) text.insert(0, "  not as expected:\n");
  if (runs.size() < wanted)
    absl::StrAppend(&text, "  interrupted: ", runs.size(), " of ", wanted, " runs were made.\n");
  else if (text.empty())
    absl::StrAppend(&text, "  ", wanted, " runs, each with the verdict that is expected of it.\n");
  return text;
}

analysis::RemarksOfMany RemarksOf(const std::vector<PanelResult>& panels) {
  analysis::RemarksOfMany remarks;
  for (const PanelResult& panel : panels)
    for (const RunRow& row : panel.runs) remarks.Add(analysis::MeasuredForOf(row.metrics));
  return remarks;
}

}  // namespace

absl::StatusOr<std::vector<PanelResult>> ComputePanels(const Figure& figure, unsigned jobs) {
  std::vector<PanelRun> todo;
  std::vector<PanelResult> results(figure.panels.size());
  for (std::size_t i = 0; i < figure.panels.size(); ++i)
    for (std::uint64_t run = 0; run < figure.panels[i].planned.plan.runs_max(); ++run)
      todo.push_back({i, run});
  std::vector<std::optional<RunRow>> rows(todo.size());
  std::size_t done = 0;
  const absl::Status made = ForEachOf(
      todo.size(), jobs,
      [&](std::size_t i) { return MakeRun(figure.panels[todo[i].panel], todo[i].run); },
      [&](std::size_t i, RunRow row) {
        // What Ctrl-C ended is a run that was not made, not one that failed.
        if (IsInterrupted() && analysis::IsByMachine(row.outcome)) return absl::OkStatus();
        const Panel& panel = figure.panels[todo[i].panel];
        absl::FPrintF(stderr, "[%d/%d] %s %s\n", ++done, todo.size(), panel.name,
                      sweep::Describe(panel.planned.plan.At(row.point)));
        rows[i] = std::move(row);
        return absl::OkStatus();
      });
  if (!made.ok()) return made;
  for (std::size_t i = 0; i < todo.size(); ++i)
    if (rows[i]) results[todo[i].panel].runs.push_back(*std::move(rows[i]));
  for (std::size_t i = 0; i < results.size(); ++i)
    results[i].points = PointsOf(figure.panels[i], results[i].runs);
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
  if (!figure.note.empty()) absl::StrAppend(&text, "\n  ", figure.note, "\n");
  return text;
}

json ToJson(const Figure& figure, const std::vector<PanelResult>& panels) {
  json document = {{"title", figure.title}, {"note", figure.note}, {"panels", json::array()}};
  for (std::size_t i = 0; i < panels.size(); ++i) {
    json panel = ToJson(figure.panels[i], panels[i].points);
    for (const RunRow& row : panels[i].runs)
      panel["runs"].push_back(
          {{"where", sweep::Describe(figure.panels[i].planned.plan.At(row.point))},
           {"seed", row.seed},
           {"verdict", row.verdict},
           {"as_expected", row.is_as_expected},
           {"digest", row.digest}});
    document["panels"].push_back(std::move(panel));
  }
  for (const auto& [runs, remark] : RemarksOf(panels).All())
    document["remarks"].push_back({{"runs", runs}, {"worst", remark}});
  return document;
}

std::string ToCsv(const Figure& figure, const std::vector<PanelResult>& panels) {
  std::vector<std::vector<json>> cells;
  for (std::size_t i = 0; i < panels.size(); ++i)
    for (const PanelPoint& point : panels[i].points)
      cells.push_back({figure.panels[i].name, point.line, point.x, point.y,
                       point.reference ? json(*point.reference) : json()});
  return CsvOf({"panel", "line", "x", "y", "reference"}, cells);
}

}  // namespace lockstep::cli
