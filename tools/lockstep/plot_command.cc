// lockstep plot FILE

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "protocols/parameters/parameters.h"
#include "sim/trace/file_beside.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/file_kind.h"
#include "tools/lockstep/output.h"
#include "tools/lockstep/picture.h"
#include "tools/lockstep/plot_data.h"
#include "tools/lockstep/remarks.h"
#include "tools/lockstep/rows.h"
#include "tools/lockstep/svg.h"

namespace lockstep::cli {
namespace {

constexpr const char* kPlotTeaching =
    "The file says what there is to plot:\n"
    "  results of a sweep  a metric, or a formula over means, against a parameter: a line for "
    "each\n"
    "                      value of the others, with the 95 % interval of the mean over seeds\n"
    "  a trace             what was delivered, resent, answered and committed a second, in bins "
    "of\n"
    "                      time, and what was broken when; with --replicas what each replica of a\n"
    "                      lock-step protocol did: answers, latency, lanes and lag\n"
    "  a figure            simulated and published values, of what `$0 figures --json` "
    "prints\n"
    "\n"
    "The end of --out says what is written: .svg a picture, .csv its data, .json (or .vl.json) "
    "its\n"
    "specification in Vega-Lite with the data inside, which any renderer of Vega-Lite takes.\n"
    "Standard output gets SVG, with --csv or --spec one of the others. SVG is drawn by node with\n"
    "vega and vega-lite, which `tools/setup --pictures` installs; nothing else needs it.\n"
    "\n"
    "Examples:\n"
    "  $0 plot loss.sqlite --x loss --y delivered_per_s --by protocol -o loss.svg\n"
    "  $0 plot loss.sqlite --y delivered_per_s --y latency_p99_us --log y \\\n"
    "      --where \"protocol == 'picsou' and n >= 7\" -o loss.svg\n"
    "  $0 plot loss.sqlite --y 'delivered_per_s / published_per_s' --csv\n"
    "  $0 run scenarios/faults/crash.json --trace crash.jsonl.zst\n"
    "  $0 plot crash.jsonl.zst --bin 2ms -o crash.svg\n"
    "  $0 run scenarios/faults/chora-pause.json --trace pause.jsonl\n"
    "  $0 plot pause.jsonl --replicas --from 900us --until 1500us -o pause.svg\n"
    "  $0 figures scenarios/figures/picsou-testbed.json --json | $0 plot - -o f.svg\n"
    "\n";

struct PlotFlags {
  std::vector<std::string> words;  // the file, perhaps behind what it is
  std::string out;
  bool as_csv = false;
  bool as_spec = false;
  std::string log;
  bool has_log_x = false;
  bool has_log_y = false;
  std::string bin;
  std::string from;
  std::string until;
  std::vector<std::string> notes;
  bool shows_replicas = false;
  ResultsPlotOptions results;

  const std::string& file() const { return words.back(); }
};

// --- What goes out ---

enum class Form : std::uint8_t { kSvg, kCsv, kSpec };

// By the flags, else by how the name of the file ends.
absl::StatusOr<Form> FormOf(const PlotFlags& flags) {
  if (flags.as_csv && flags.as_spec)
    return absl::InvalidArgumentError("want one of --csv and --spec");
  std::optional<Form> asked;
  if (flags.as_csv) asked = Form::kCsv;
  if (flags.as_spec) asked = Form::kSpec;
  if (flags.out.empty() || flags.out == "-") return asked.value_or(Form::kSvg);
  std::optional<Form> named;
  for (const auto& [ending, form] :
       {std::pair(".svg", Form::kSvg), {".csv", Form::kCsv}, {".json", Form::kSpec}})
    if (absl::EndsWithIgnoreCase(flags.out, ending)) named = form;
  if (asked && named && *asked != *named) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--out ", flags.out, ": does not end as what ", flags.as_csv ? "--csv" : "--spec",
        " prints; leave the flag out, or choose another name"));
  }
  if (asked || named) return asked ? *asked : *named;
  const bool is_bitmap = absl::EndsWithIgnoreCase(flags.out, ".png");
  return absl::InvalidArgumentError(
      absl::StrCat("--out ", flags.out, ": want a name that ends in .svg, .csv or .json",
                   is_bitmap ? "; `rsvg-convert a.svg -o a.png` makes PNG of SVG" : ""));
}

absl::StatusOr<std::string> TextOf(const Picture& picture, Form form) {
  if (form == Form::kCsv) return CsvOf(picture.rows.columns, picture.rows.rows);
  const auto specification = ToSpecification(picture);
  if (!specification.ok()) return specification.status();
  if (form == Form::kSpec) return specification->dump(1) + "\n";
  return RenderSvg(*specification);
}

absl::Status PutOut(const PlotFlags& flags, const std::string& text) {
  if (!flags.out.empty() && flags.out != "-") return trace::WriteFile(flags.out, text);
  IgnoreClosedPipes();
  std::fputs(text.c_str(), stdout);
  return absl::OkStatus();
}

// --- What comes in ---

absl::StatusOr<Picture> PlotTrace(const PlotFlags& flags, const FileHead& head) {
  TraceOptions options;
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
  const TraceFile file = {flags.file(), head.taken()};
  const bool shows_replicas = flags.shows_replicas || flags.words.size() > 1;
  if (!shows_replicas) return ActivityOf(file, options, flags.notes);
  if (!flags.notes.empty()) return absl::InvalidArgumentError("want one of --replicas and --notes");
  return TimelineOf(file, options);
}

absl::StatusOr<Picture> PlotDocument(const PlotFlags& flags, FileHead& head) {
  const auto text = head.ReadAll();
  if (!text.ok()) return text.status();
  const std::string name = flags.file() == "-" ? "standard input" : flags.file();
  const auto document = ParseJson(*text, name);
  if (!document.ok()) return document.status();
  if (absl::Status kind = CheckKind(*document, "", name); !kind.ok()) return kind;
  return FigurePlotOf(*document, name);
}

absl::StatusOr<Picture> PlotResults(const PlotFlags& flags) {
  ResultsPlotOptions options = flags.results;
  options.has_log_x = flags.has_log_x || absl::StrContains(flags.log, 'x');
  options.has_log_y = flags.has_log_y || absl::StrContains(flags.log, 'y');
  return ResultsPlotOf(flags.file(), options);
}

// --- Which of them ---

struct KindOfPlot {
  FileKind kind;
  std::string_view word;  // that may stand before the file
  std::string_view name;
  std::vector<std::string_view> flags;  // that mean something for it alone
};
const std::vector<KindOfPlot>& KindsOfPlots() {
  static const std::vector<KindOfPlot> kKinds = {
      {FileKind::kResults,
       "sweep",
       "results of a sweep",
       {"--x", "--y", "--by", "--where", "--log", "--log-x", "--log-y"}},
      {FileKind::kTrace,
       "timeline",
       "a trace",
       {"--bin", "--from", "--until", "--notes", "--replicas"}},
      {FileKind::kDocument, "figure", "a document", {}}};
  return kKinds;
}

// Flags that say nothing about such a file, and words that say it is another.
absl::Status CheckFlags(const CLI::App& command, const PlotFlags& flags, FileKind kind) {
  const auto* const is = &*std::ranges::find(KindsOfPlots(), kind, &KindOfPlot::kind);
  const auto refuse = [&](std::string_view what, const KindOfPlot& wanted) {
    return absl::InvalidArgumentError(absl::StrCat(std::string(what), ": is for ",
                                                   std::string(wanted.name), ", and ", flags.file(),
                                                   " is ", std::string(is->name)));
  };
  for (const KindOfPlot& other : KindsOfPlots()) {
    if (other.kind == kind) continue;
    if (flags.words.size() > 1 && flags.words[0] == other.word) return refuse(other.word, other);
    for (const std::string_view flag : other.flags)
      if (command.count(std::string(flag)) > 0) return refuse(flag, other);
  }
  return absl::OkStatus();
}

absl::StatusOr<Picture> ReadPicture(const CLI::App& command, const PlotFlags& flags) {
  auto head = FileHead::Read(flags.file());
  if (!head.ok()) return head.status();
  if (absl::Status fits = CheckFlags(command, flags, head->kind()); !fits.ok()) return fits;
  switch (head->kind()) {
    case FileKind::kResults:
      return PlotResults(flags);
    case FileKind::kTrace:
      return PlotTrace(flags, *head);
    case FileKind::kDocument:
      break;
  }
  return PlotDocument(flags, *head);
}

absl::Status Plot(const CLI::App& command, const PlotFlags& flags) {
  const auto is_word = [&](const KindOfPlot& kind) { return kind.word == flags.words[0]; };
  if (flags.words.size() > 1 && std::ranges::none_of(KindsOfPlots(), is_word)) {
    return absl::InvalidArgumentError(absl::StrCat("want one file to plot, got \"", flags.words[0],
                                                   "\" and \"", flags.words[1], "\""));
  }
  absl::Status can = CheckNoInput(flags.out, "--out", {flags.file()});
  if (!can.ok()) return can;
  const auto form = FormOf(flags);
  if (!form.ok()) return form.status();
  const auto picture = ReadPicture(command, flags);
  if (!picture.ok()) return picture.status();
  const auto text = TextOf(*picture, *form);
  if (!text.ok()) return text.status();
  can = PutOut(flags, *text);
  if (can.ok()) PrintRemarks(picture->remarks);
  return can;
}

void AddOutputs(CLI::App& command, PlotFlags& flags) {
  command
      .add_option("-o,--out", flags.out,
                  "Where the picture goes (else standard output): .svg, .csv or .json")
      ->type_name("FILE");
  command.add_flag("--csv", flags.as_csv, "The data, as comma-separated values");
  command.add_flag("--spec", flags.as_spec, "The specification in Vega-Lite, with its data");
}

void AddResultsFlags(CLI::App& command, PlotFlags& flags) {
  constexpr const char* kGroup = "Of results";
  ResultsPlotOptions& options = flags.results;
  command.add_option("--x", options.x, "Parameter (else the first number that varies)")
      ->type_name("NAME")
      ->group(kGroup);
  command
      .add_option("--y", options.y,
                  "Metric, or formula over means such as \"a / b\"; each given is a panel (else "
                  "the throughput)")
      ->type_name("FORMULA")
      ->allow_extra_args(false)
      ->group(kGroup);
  command.add_option("--by", options.by, "Parameters that tell lines apart (else all that vary)")
      ->type_name("NAME")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group(kGroup);
  command
      .add_option("--where", options.where,
                  "Formula over parameters and means: the points for which it holds")
      ->type_name("FORMULA")
      ->group(kGroup);
  command
      .add_option("--log", flags.log,
                  "Logarithmic axes: x, y or xy. Where x is 0 a point is left out, where y is 0 it "
                  "stands at the foot")
      ->check(CLI::IsMember({"x", "y", "xy", "yx"}))
      ->type_name("AXES")
      ->group(kGroup);
  // As earlier versions had it.
  command.add_flag("--log-x", flags.has_log_x)->group("");
  command.add_flag("--log-y", flags.has_log_y)->group("");
}

void AddTraceFlags(CLI::App& command, PlotFlags& flags) {
  constexpr const char* kGroup = "Of traces";
  command.add_option("--bin", flags.bin, "Length of a bin (else some hundred of them)")
      ->type_name("TIME")
      ->group(kGroup);
  command.add_option("--from", flags.from, "Shows the run from here on")
      ->type_name("TIME")
      ->group(kGroup);
  command.add_option("--until", flags.until, "Shows the run up to here")
      ->type_name("TIME")
      ->group(kGroup);
  command.add_option("--notes", flags.notes, "How often nodes noted this, too; see `list notes`")
      ->type_name("KIND")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group(kGroup);
  command
      .add_flag("--replicas", flags.shows_replicas, "What each replica of a lock-step protocol did")
      ->group(kGroup);
}

}  // namespace

void AddPlot(CLI::App& app, Call& call) {
  CLI::App* const command =
      app.add_subcommand("plot", "Draws results, traces and figures as SVG, or gives their data");
  call.Teach(*command, kPlotTeaching, kReaderCodes);
  const auto flags = std::make_shared<PlotFlags>();
  command->add_option("file", flags->words, "What is plotted; - for standard input")
      ->required()
      ->expected(1, 2)
      ->type_name("FILE");
  AddOutputs(*command, *flags);
  AddResultsFlags(*command, *flags);
  AddTraceFlags(*command, *flags);
  command->callback([command, flags, &call] {
    const absl::Status plotted = Plot(*command, *flags);
    call.exit_code = plotted.ok() ? int{kAsExpected} : ReportError(plotted);
  });
}

}  // namespace lockstep::cli
