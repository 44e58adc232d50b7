// lockstep figures FIGURE

#include <cstdio>
#include <memory>
#include <string>

#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/figure.h"
#include "tools/lockstep/interrupt.h"

namespace lockstep::cli {
namespace {

constexpr const char* kTeaching =
    "Each row is a scenario with changes, run with several seeds. Shown are means over the seeds, "
    "half\n"
    "of their range as a share of the mean (none: the point is deterministic), the published value "
    "and\n"
    "the ratio to it, the throughput as delivered, what was resent, and the verdict.\n"
    "\n"
    "Examples:\n"
    "  lockstep figures scenarios/figures/picsou-testbed.json\n"
    "  lockstep figures scenarios/figures/picsou-testbed.json --json | jq '.[] | {label, "
    "by_seed}'\n"
    "\n";

struct FigureFlags {
  std::string figure;
  unsigned jobs = 2;
  bool as_json = false;
};

int RunFigure(const FigureFlags& flags) {
  const auto figure = ReadFigure(flags.figure);
  if (!figure.ok()) return ReportError(figure.status());
  NoteInterrupts();
  const auto result = ComputeFigure(*figure, flags.jobs);
  if (!result.ok()) return ReportError(result.status());
  const std::string text =
      flags.as_json ? ToJson(*result).dump(2) + "\n" : ToTable(*figure, *result);
  std::fputs(text.c_str(), stdout);
  if (IsInterrupted()) return kInterrupted;
  int code = kAsExpected;
  for (const FigureResult& row : *result) {
    for (const RunResult& run : row.runs) {
      if (code == kAsExpected) code = CodeOf(run.verdict, run.is_as_expected);
    }
  }
  return code;
}

}  // namespace

void AddFigures(CLI::App& app, int& exit_code) {
  CLI::App* const command =
      app.add_subcommand("figures",
                         "Runs the rows of a figure and prints them next to the "
                         "published values");
  const auto flags = std::make_shared<FigureFlags>();
  command
      ->add_option("figure", flags->figure,
                   "Figure file, such as "
                   "scenarios/figures/picsou-testbed.json")
      ->required()
      ->type_name("FILE");
  command->add_option("--jobs", flags->jobs, "Rows that run at the same time")
      ->check(CLI::Range(1U, 256U))
      ->capture_default_str();
  command->add_flag("--json", flags->as_json, "Prints the rows as JSON");
  command->footer(std::string(kTeaching) + ExitCodeTable());
  command->callback([flags, &exit_code] { exit_code = RunFigure(*flags); });
}

}  // namespace lockstep::cli
