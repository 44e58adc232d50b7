// lockstep figures FIGURE

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/figure.h"
#include "tools/lockstep/interrupt.h"
#include "tools/lockstep/output.h"
#include "tools/lockstep/overrides.h"

namespace lockstep::cli {
namespace {

constexpr const char* kFiguresTeaching =
    "A figure has rows, or panels. A row is a scenario with changes, run with several seeds. Shown "
    "are\n"
    "means over the seeds, half of their range as a share of the mean (none: the point is\n"
    "deterministic), the published value and the ratio to it, the throughput as delivered, what "
    "was\n"
    "resent, and the verdict.\n"
    "\n"
    "A panel is a sweep, shown as lines: a column for each line, and a row for each x. In "
    "parentheses\n"
    "stand reference values; a star marks what is too far from them, where the figure says how far "
    "that\n"
    "is. CSV and JSON have more: the spread over seeds, the ratio, what else the panel measures,\n"
    "verdict, seed and digest of a run of each point, and by which rule a complaint of it orders "
    "a\n"
    "resend (none: nothing does). A run that does not end as its scenario expects fails the "
    "figure.\n"
    "With --out its runs are kept (NAME.sqlite, a results file as a sweep's),\n"
    "and the same command goes on with them after Ctrl-C, or worse.\n"
    "\n"
    "Examples:\n"
    "  $0 figures picsou --quick\n"
    "  $0 figures picsou --out picsou/\n"
    "  $0 figures picsou --figure 7i --points n=4,7,19 --seeds 5 --csv\n"
    "  $0 plot picsou/7i.json -o 7i.svg\n"
    "  $0 figures scenarios/figures/picsou-testbed.json\n"
    "  $0 figures scenarios/figures/picsou-testbed.json --json | jq '.[] | {label, "
    "by_seed}'\n"
    "  $0 figures scenarios/figures/chora-rounds.json --json > f.json; $0 plot figure "
    "f.json --out f.svg\n"
    "\n";

struct FigureFlags {
  std::string figure;
  unsigned jobs = 2;
  std::vector<std::string> panels;
  std::vector<std::string> points;
  OverrideFlags overrides;
  std::uint64_t seeds = 0;  // none: as many as the figure says
  std::string out;
  bool as_json = false;
  bool as_csv = false;
  bool is_quick = false;
};

// "n=4,7", or "all".
absl::Status ReadPointsFlag(const std::string& text, FigureOptions& options) {
  if (text == "all") {
    options.has_all = true;
    return absl::OkStatus();
  }
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
  if (parts.first.empty() || parts.second.empty())
    return absl::InvalidArgumentError(
        absl::StrCat("--points ", text, ": want AXIS=VALUE,VALUE,..., such as n=4,7, or all"));
  for (const std::string& value : std::vector<std::string>(absl::StrSplit(parts.second, ',')))
    options.points[parts.first].push_back(value);
  return absl::OkStatus();
}

absl::StatusOr<FigureOptions> OptionsOf(const FigureFlags& flags, const Additions& own) {
  FigureOptions options;
  options.is_quick = flags.is_quick;
  options.panels = flags.panels;
  options.own = own;
  if (flags.seeds > 0) options.seeds = flags.seeds;
  auto set = ReadOverrides(flags.overrides);
  if (!set.ok()) return set.status();
  options.set = *std::move(set);
  for (const std::string& text : flags.points)
    if (absl::Status read = ReadPointsFlag(text, options); !read.ok()) return read;
  return options;
}

// By the first run that did not end as expected.
int CodeOfRuns(const std::vector<analysis::RunRow>& runs) {
  for (const analysis::RunRow& run : runs) {
    const auto verdict = analysis::VerdictNamed(run.verdict);
    const int code = verdict ? CodeOf(*verdict, run.is_as_expected) : kRunsFailed;
    if (code != kAsExpected) return code;
  }
  return kAsExpected;
}

int RunRows(const FigureFlags& flags, const Figure& figure) {
  const auto result = ComputeFigure(figure, {flags.jobs, flags.out});
  if (!result.ok()) return ReportError(result.status());
  const std::string text = flags.as_json  ? JsonText(ToJson(*result))
                           : flags.as_csv ? ToCsv(*result)
                                          : ToTable(figure, *result);
  Print(stdout, text);
  if (IsInterrupted()) return kInterrupted;
  int code = kAsExpected;
  for (const FigureResult& row : *result)
    if (code == kAsExpected) code = CodeOfRuns(row.runs);
  return code;
}

int RunPanels(const FigureFlags& flags, const Figure& figure) {
  const auto result = ComputePanels(figure, {flags.jobs, flags.out});
  if (!result.ok()) return ReportError(result.status());
  const std::string text = flags.as_json  ? JsonText(ToJson(figure, *result))
                           : flags.as_csv ? ToCsv(figure, *result)
                                          : ToTable(figure, *result);
  Print(stdout, text);
  // A table says so itself.
  if (flags.as_json || flags.as_csv) Print(stderr, Unexpected(figure, *result));
  if (IsInterrupted()) return kInterrupted;
  int code = kAsExpected;
  for (std::size_t i = 0; i < result->size() && code == kAsExpected; ++i) {
    code = IsWrong(figure.panels[i], (*result)[i].points) ? static_cast<int>(kViolated)
                                                          : CodeOfRuns((*result)[i].runs);
  }
  return code;
}

int RunFigure(const FigureFlags& flags, const Additions& own) {
  if (flags.as_json && flags.as_csv)
    return ReportError(absl::InvalidArgumentError("want one of --csv and --json"));
  const auto options = OptionsOf(flags, own);
  if (!options.ok()) return ReportError(options.status());
  const auto figure = ReadFigure(flags.figure, *options);
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
                   "Figure file, such as scenarios/figures/picsou-testbed.json, or the name of one "
                   "there: picsou")
      ->required()
      ->type_name("FILE");
  command->add_option("--figure", flags->panels, "This panel only, such as 7i; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command
      ->add_option(
          "--points", flags->points,
          "The values of an axis that panels are made at, such as n=4,7, in place of those "
          "they are made at by default; may be repeated for other axes; all: of every axis "
          "all values")
      ->type_name("AXIS=VALUE,...")
      ->allow_extra_args(false);
  command->add_option("--seeds", flags->seeds, "Runs of each point; default: as the figure says")
      ->check(CLI::Range(1U, 1000U));
  AddSetFlag(
      *command, flags->overrides,
      "Changes the scenarios where the figure says nothing of the place: JSON pointer = JSON "
      "value, such as /profile/nic/rate/value=16Gbps; may be repeated");
  command
      ->add_option(
          "--out", flags->out,
          "Folder for the runs of each panel, or of the rows of each scenario (NAME.sqlite, "
          "gone on with where it is there already), and for NAME.csv and NAME.json of "
          "panels")
      ->type_name("DIR");
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
