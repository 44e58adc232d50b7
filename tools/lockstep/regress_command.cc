// lockstep regress [DIR ...]

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "protocols/parameters/parameters.h"
#include "sim/scenario/name_search.h"
#include "sim/trace/file_beside.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/interrupt.h"
#include "tools/lockstep/output.h"
#include "tools/lockstep/regress_report.h"
#include "tools/lockstep/regress_run.h"
#include "tools/lockstep/regression.h"
#include "tools/lockstep/remarks.h"

namespace lockstep::cli {
namespace {

constexpr const char* kRegressTeaching =
    "Runs every scenario in the folders and all below them, in worker processes: with the seed "
    "that "
    "it\n"
    "names, with that seed again in a process of its own (both runs must be the same), and with "
    "fresh\n"
    "ones. JSON files that are no scenarios are passed over. A run that crashes or takes too long "
    "is a\n"
    "row, not the end; Ctrl-C ends it, and what ran by then is reported.\n"
    "\n"
    "The verdict that a scenario expects is asked of the seed that it names. A fresh seed may get "
    "that\n"
    "verdict, or hold; where a violation is expected, only by the oracle that is, or that objects "
    "to\n"
    "the named seed, too. A fresh seed with which nothing is shown (a fault without an effect, an\n"
    "overspent budget) is counted, and is no failure.\n"
    "\n"
    "The exit code is that of the gravest row, in this order: safety violated (3), not "
    "deterministic\n"
    "(13), harness error (8), liveness violated (12), held unexpectedly (6), unknown (5), not "
    "exercised\n"
    "(4). Safety goes before liveness: a run that violates both counts as the former.\n"
    "\n"
    "Examples:\n"
    "  $0 regress\n"
    "  $0 regress scenarios/faults --fresh 20 --seed 1000 --junit faults.xml\n"
    "  $0 regress mine --json | jq -r '.scenarios[] | select(.fate != \"passed\") | .scenario'\n"
    "\n";

constexpr const char* kOwnFolder = "scenarios/regressions";

struct RegressFlags {
  std::vector<std::string> given;
  std::uint64_t fresh = 0;
  std::optional<std::uint64_t> seed;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  std::string wall = "600s";
  std::string junit;
  bool as_json = false;
};

// How far it is: a line that is rewritten on a terminal, nothing elsewhere.
class RegressProgress {
 public:
  ~RegressProgress() { Clear(); }

  void Show(std::size_t runs, std::size_t done, std::size_t failed) {
    const auto now = std::chrono::steady_clock::now();
    if (!is_terminal_ || now - shown_ < std::chrono::milliseconds(200)) return;
    shown_ = now;
    is_shown_ = true;
    absl::FPrintF(stderr, "\r\033[Kregress: %d of %d runs, %d failed", done, runs, failed);
  }
  void Clear() {
    if (is_shown_) std::fputs("\r\033[K", stderr);
    is_shown_ = false;
  }
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  }

 private:
  const bool is_terminal_ = isatty(STDERR_FILENO) == 1;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  bool is_shown_ = false;
  std::chrono::steady_clock::time_point shown_;
};

absl::StatusOr<RegressOptions> OptionsOfRegress(const RegressFlags& flags) {
  RegressOptions options;
  options.workers = flags.jobs;
  const absl::StatusOr<core::Duration> wall = ParseDuration(flags.wall);
  if (!wall.ok() || *wall == core::Duration())
    return absl::InvalidArgumentError(absl::StrCat(
        "--wall: ", wall.ok() ? "want more than nothing" : std::string(wall.status().message())));
  options.wall_max =
      std::chrono::milliseconds(std::max<std::int64_t>(wall->ps() / 1'000'000'000, 1));
  return options;
}

absl::Status WriteJUnit(const std::string& path, const std::vector<Regression>& regressions) {
  if (path.empty()) return absl::OkStatus();
  const absl::Status written = trace::WriteFile(path, RegressJUnit(regressions));
  if (written.ok()) return written;
  return absl::Status(written.code(), absl::StrCat("--junit: ", written.message()));
}

ExitCode CodeOfAll(const std::vector<Regression>& regressions) {
  Fate gravest = Fate::kPassed;
  for (const Regression& regression : regressions) gravest = std::min(gravest, FateOf(regression));
  return CodeOf(gravest);
}

int Regress(const RegressFlags& flags, const Additions& own) {
  auto options = OptionsOfRegress(flags);
  if (!options.ok()) return ReportError(options.status());
  const auto files =
      FindScenarios(flags.given.empty() ? std::vector<std::string>{kOwnFolder} : flags.given);
  if (!files.ok()) return ReportError(files.status());
  if (absl::Status other = CheckNoInput(flags.junit, "--junit", *files); !other.ok())
    return ReportError(other);
  NoteInterrupts();
  std::vector<Regression> regressions;
  for (const std::string& file : *files)
    regressions.push_back(ReadRegression(file, flags.fresh, flags.seed.value_or(0), own));
  RegressProgress progress;
  options->on_progress = [&](std::size_t runs, std::size_t done, std::size_t failed) {
    progress.Show(runs, done, failed);
  };
  const absl::Status made = MakeRegressionRuns(regressions, *options, own);
  progress.Clear();
  if (!made.ok()) return ReportError(made);
  const RegressTotals totals{progress.seconds(), IsInterrupted()};
  Print(stdout, flags.as_json ? JsonText(RegressJson(regressions, totals))
                              : RegressTable(regressions, totals));
  if (absl::Status written = WriteJUnit(flags.junit, regressions); !written.ok())
    return ReportError(written);
  if (!totals.is_interrupted) return CodeOfAll(regressions);
  PrintRemarks({"interrupted; the report is of what was run"});
  return kInterrupted;
}

}  // namespace

void AddRegress(CLI::App& app, Call& call) {
  CLI::App* const command = app.add_subcommand(
      "regress", "Runs all scenarios of a folder and says which are not as they should be");
  const auto flags = std::make_shared<RegressFlags>();
  command
      ->add_option("folders", flags->given,
                   "Folders of scenarios, or scenarios; default: scenarios/regressions")
      ->type_name("DIR");
  CLI::Option* const seed =
      command->add_option("--seed", flags->seed, "The first of the fresh seeds")
          ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 62));
  CLI::Option* const fresh =
      command
          ->add_option("--fresh", flags->fresh,
                       "Runs each scenario also with so many seeds from --seed")
          ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{100'000}))
          ->needs(seed);
  seed->needs(fresh);
  command->add_option("--jobs", flags->jobs, "Worker processes")
      ->check(CLI::Range(1U, 1024U))
      ->capture_default_str();
  command->add_option("--wall", flags->wall, "Longest that a run may take, by the wall clock")
      ->type_name("TIME")
      ->capture_default_str();
  command->add_option("--junit", flags->junit, "Writes JUnit XML to FILE, for CI")
      ->type_name("FILE");
  command->add_flag("--json", flags->as_json, "Prints the report as JSON");
  call.Teach(*command, kRegressTeaching,
             {kAsExpected, kInternalError, kBadInput, kViolated, kNotExercised, kUnknown,
              kHeldUnexpectedly, kInterrupted, kRunsFailed, kLivenessViolated, kNotDeterministic});
  command->callback([flags, &call] { call.exit_code = Regress(*flags, call.own); });
}

}  // namespace lockstep::cli
