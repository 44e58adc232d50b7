// lockstep figures FIGURE

#include <cstdio>
#include <memory>
#include <string>

#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/figure.h"
#include "tools/lockstep/interrupt.h"
#include "tools/lockstep/output.h"

namespace lockstep::cli {
namespace {

constexpr const char* kFiguresTeaching =
    "A row is a scenario with changes, run with several seeds. Shown are means over the seeds, "
    "half\n"
    "of their range as a share of the mean (none: the point is deterministic), the published value "
    "and\n"
    "the ratio to it, the throughput as delivered, what was resent, and the verdict.\n"
    "\n"
    "A panel is a sweep, shown as lines: a column for each line, and a row for each x. In "
    "parentheses\n"
    "stand the figure's reference values; a star marks what is too far from them.\n"
    "\n"
    "Examples:\n"
    "  $0 figures scenarios/figures/picsou-testbed.json\n"
    "  $0 figures scenarios/figures/picsou-testbed.json --json | jq '.[] | {label, "
    "by_seed}'\n"
    "  $0 figures scenarios/figures/chora-rounds.json --quick\n"
    "  $0 figures scenarios/figures/chora-rounds.json --json > f.json; $0 plot figure "
    "f.json --out f.svg\n"
    "\n";

struct FigureFlags {
  std::string figure;
  unsigned jobs = 2;
  bool as_json = false;
  bool as_csv = false;
  bool is_quick = false;
};

int RunRows(const FigureFlags& flags, const Figure& figure) {
  const auto result = ComputeFigure(figure, flags.jobs);
  if (!result.ok()) return ReportError(result.status());
  const std::string text = flags.as_json  ? JsonText(ToJson(*result))
                           : flags.as_csv ? ToCsv(*result)
                                          : ToTable(figure, *result);
  Print(stdout, text);
  if (IsInterrupted()) return kInterrupted;
  int code = kAsExpected;
  for (const FigureResult& row : *result) {
    for (const RunResult& run : row.runs) {
      if (code != kAsExpected) continue;
      code =
          run.ending == RunEnding::kStuck ? kRunsFailed : CodeOf(run.verdict, run.is_as_expected);
    }
  }
  return code;
}

int RunPanels(const FigureFlags& flags, const Figure& figure) {
  const auto result = ComputePanels(figure, flags.jobs);
  if (!result.ok()) return ReportError(result.status());
  const std::string text = flags.as_json  ? JsonText(ToJson(figure, *result))
                           : flags.as_csv ? ToCsv(figure, *result)
                                          : ToTable(figure, *result);
  Print(stdout, text);
  if (IsInterrupted()) return kInterrupted;
  int code = kAsExpected;
  for (const PanelResult& panel : *result) {
    for (const analysis::RunRow& row : panel.runs) {
      if (code != kAsExpected) break;
      const auto verdict = analysis::VerdictNamed(row.verdict);
      code = verdict ? CodeOf(*verdict, row.is_as_expected) : kRunsFailed;
    }
  }
  return code;
}

int RunFigure(const FigureFlags& flags, const Additions& own) {
  if (flags.as_json && flags.as_csv)
    return ReportError(absl::InvalidArgumentError("want one of --csv and --json"));
  const auto figure = ReadFigure(flags.figure, flags.is_quick, own);
  if (!figure.ok()) return ReportError(figure.status());
  NoteInterrupts();
  return figure->panels.empty() ? RunRows(flags, *figure) : RunPanels(flags, *figure);
}

}  // namespace

void AddFigures(CLI::App& app, Call& call) {
  CLI::App* const command =
      app.add_subcommand("figures", "Computes a figure and prints it next to published values");
  const auto flags = std::make_shared<FigureFlags>();
  command
      ->add_option("figure", flags->figure,
                   "Figure file, such as "
                   "scenarios/figures/picsou-testbed.json")
      ->required()
      ->type_name("FILE");
  command->add_option("--jobs", flags->jobs, "Runs at the same time")
      ->check(CLI::Range(1U, 256U))
      ->capture_default_str();
  command->add_flag("--quick", flags->is_quick, "Panels in their quick form, for a first look");
  command->add_flag("--json", flags->as_json, "Prints rows or panels as JSON");
  command->add_flag("--csv", flags->as_csv, "Prints rows or points as comma-separated values");
  call.Teach(*command, kFiguresTeaching,
             {kAsExpected, kInternalError, kBadInput, kViolated, kNotExercised, kUnknown,
              kHeldUnexpectedly, kInterrupted, kRunsFailed});
  command->callback([flags, &call] { call.exit_code = RunFigure(*flags, call.own); });
}

}  // namespace lockstep::cli
