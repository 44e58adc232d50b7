// lockstep plot WHAT FILE

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/parameters/parameters.h"
#include "sim/trace/file_beside.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/output.h"
#include "tools/lockstep/picture.h"
#include "tools/lockstep/plot_data.h"
#include "tools/lockstep/rows.h"
#include "tools/lockstep/svg.h"

namespace lockstep::cli {
namespace {

constexpr const char* kTeaching =
    "What there is to plot:\n"
    "  timeline  a trace: what each replica answered, its latency, lanes and lag, in bins of time\n"
    "  sweep     a results file: a metric, or a formula over means, against a parameter\n"
    "  figure    what `lockstep figures --json` prints: simulated and published values\n"
    "\n"
    "SVG is drawn by node with vega and vega-lite, which `tools/setup --pictures` installs. What "
    "it\n"
    "draws, a specification in Vega-Lite with its data inside, is printed by --spec, and the data\n"
    "alone by --csv; neither needs node.\n"
    "\n"
    "Examples:\n"
    "  lockstep run scenarios/faults/chora-pause.json --trace pause.jsonl\n"
    "  lockstep plot timeline pause.jsonl --from 900us --until 1500us --out pause.svg\n"
    "  lockstep plot sweep loss.sqlite --x loss --y delivered_per_s --log-x --out loss.svg\n"
    "  lockstep plot sweep loss.sqlite --y 'delivered_per_s / published_per_s' --csv\n"
    "  lockstep figures scenarios/figures/picsou-testbed.json --json | lockstep plot figure - > "
    "f.svg\n"
    "\n";

struct PlotFlags {
  std::string file;
  std::string out;
  bool as_csv = false;
  bool as_spec = false;
  std::string bin = "10us";
  std::string from;
  std::string until;
  SweepPlotOptions sweep;
};

// --- What goes out ---

absl::Status PutOut(const PlotFlags& flags, const std::string& text) {
  if (!flags.out.empty() && flags.out != "-") return trace::WriteFile(flags.out, text);
  std::fputs(text.c_str(), stdout);
  return absl::OkStatus();
}

absl::Status Draw(const PlotFlags& flags, const absl::StatusOr<Picture>& picture) {
  if (!picture.ok()) return picture.status();
  if (flags.as_csv && flags.as_spec)
    return absl::InvalidArgumentError("want one of --csv and --spec");
  IgnoreClosedPipes();
  if (flags.as_csv) return PutOut(flags, CsvOf(picture->rows.columns, picture->rows.rows));
  const auto specification = ToSpecification(*picture);
  if (!specification.ok()) return specification.status();
  if (flags.as_spec) return PutOut(flags, specification->dump(1) + "\n");
  const auto svg = RenderSvg(*specification);
  return svg.ok() ? PutOut(flags, *svg) : svg.status();
}

// --- What comes in ---

absl::StatusOr<Picture> PlotTimeline(const PlotFlags& flags) {
  TimelineOptions options;
  const auto read = [](const char* flag, const std::string& text, auto& into) {
    if (text.empty()) return absl::OkStatus();
    const auto duration = ParseDuration(text);
    if (!duration.ok())
      return absl::InvalidArgumentError(absl::StrCat(flag, ": ", duration.status().message()));
    into = *duration;
    return absl::OkStatus();
  };
  absl::Status is_read = read("--bin", flags.bin, options.bin);
  is_read.Update(read("--from", flags.from, options.from));
  is_read.Update(read("--until", flags.until, options.until));
  if (!is_read.ok()) return is_read;
  return TimelineOf(flags.file, options);
}

absl::StatusOr<Picture> PlotFigure(const PlotFlags& flags) {
  const auto document = ReadJsonFile(flags.file);
  if (!document.ok()) return document.status();
  return FigurePlotOf(*document, flags.file == "-" ? "standard input" : flags.file);
}

void AddOutputs(CLI::App* command, const std::shared_ptr<PlotFlags>& flags) {
  command->add_option("--out", flags->out, "Where the picture goes (else standard output)")
      ->type_name("FILE");
  command->add_flag("--csv", flags->as_csv, "The data, as comma-separated values");
  command->add_flag("--spec", flags->as_spec, "The specification in Vega-Lite, with its data");
}

// A kind of picture: its name, what it is of, and who reads that.
CLI::App* AddKind(CLI::App* plot, int& exit_code, const std::shared_ptr<PlotFlags>& flags,
                  const std::pair<const char*, const char*>& kind,
                  absl::StatusOr<Picture> (*read)(const PlotFlags&)) {
  CLI::App* const command = plot->add_subcommand(kind.first, kind.second);
  command->add_option("file", flags->file, "What is plotted")->required()->type_name("FILE");
  AddOutputs(command, flags);
  command->callback([flags, read, &exit_code] {
    absl::Status drawn = CheckNoInput(flags->out, "--out", {flags->file});
    if (drawn.ok()) drawn = Draw(*flags, read(*flags));
    exit_code = drawn.ok() ? int{kAsExpected} : ReportError(drawn);
  });
  return command;
}

}  // namespace

void AddPlot(CLI::App& app, int& exit_code) {
  CLI::App* const plot = app.add_subcommand("plot", "Draws traces, sweeps and figures as SVG");
  plot->footer(std::string(kTeaching) + ExitCodeTable());
  plot->require_subcommand(1);
  const auto flags = std::make_shared<PlotFlags>();

  CLI::App* const timeline =
      AddKind(plot, exit_code, flags,
              {"timeline", "A trace: who did how much when, in bins of time"}, &PlotTimeline);
  timeline->add_option("--bin", flags->bin, "Length of a bin")
      ->type_name("TIME")
      ->capture_default_str();
  timeline->add_option("--from", flags->from, "Shows the run from here on")->type_name("TIME");
  timeline->add_option("--until", flags->until, "Shows the run up to here")->type_name("TIME");

  CLI::App* const sweep =
      AddKind(plot, exit_code, flags, {"sweep", "A results file: a metric against a parameter"},
              [](const PlotFlags& given) { return SweepPlotOf(given.file, given.sweep); });
  SweepPlotOptions& options = flags->sweep;
  sweep->add_option("--x", options.x, "Parameter (else the first number that varies)")
      ->type_name("NAME");
  sweep->add_option("--y", options.y, "Metric, or formula over means such as \"a / b\"")
      ->required()
      ->type_name("FORMULA");
  sweep->add_option("--by", options.by, "Parameters that tell lines apart (else all that vary)")
      ->type_name("NAME")
      ->delimiter(',');
  sweep->add_flag("--log-x", options.has_log_x, "A logarithmic axis; what is 0 is left out");
  sweep->add_flag("--log-y", options.has_log_y, "A logarithmic axis; what is 0 stands at its foot");

  AddKind(plot, exit_code, flags, {"figure", "What `lockstep figures --json` prints"}, &PlotFigure);
}

}  // namespace lockstep::cli
