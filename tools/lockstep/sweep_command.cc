// lockstep sweep FILE

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/interrupt.h"
#include "tools/lockstep/output.h"
#include "tools/lockstep/remarks.h"
#include "tools/lockstep/runner.h"
#include "tools/lockstep/sweep_estimate.h"
#include "tools/lockstep/sweep_plan.h"
#include "tools/lockstep/sweep_progress.h"
#include "tools/lockstep/sweep_report.h"
#include "tools/lockstep/sweep_results.h"
#include "tools/lockstep/sweep_run.h"
#include "tools/sweep/engine.h"
#include "tools/sweep/findings.h"
#include "tools/sweep/plan.h"

namespace lockstep::cli {
namespace {

constexpr const char* kSweepTeaching =
    "A sweep file names a scenario, what is varied in it, how many seeds each point gets, the "
    "limits of\n"
    "a run, and what must hold; scenarios/README.md says how. Each run is made in a worker "
    "process: "
    "one\n"
    "that is refused, crashes, or goes over a limit is a recorded result, and the sweep goes on.\n"
    "\n"
    "The results file (SQLite) has a row for each run; `$0 results` shows it, and "
    "analysis/results/RESULTS.md\n"
    "documents it. Ctrl-C, or worse, loses the runs under way and those of the last 100 ms; "
    "--resume\n"
    "goes on. Neither the number of workers nor shards nor interruptions change a row. A run "
    "whose\n"
    "worker was killed, or that met the wall or memory limit, is made again with --resume "
    "--retry.\n"
    "\n"
    "Examples:\n"
    "  $0 sweep scenarios/sweeps/loss-by-cluster-size.json --dry-run\n"
    "  $0 sweep scenarios/sweeps/loss-by-cluster-size.json --out loss.sqlite\n"
    "  $0 sweep scenarios/sweeps/loss-by-cluster-size.json --out loss.sqlite --resume\n"
    "  $0 sweep scenarios/sweeps/loss-by-cluster-size.json --out loss.sqlite --resume "
    "--retry\n"
    "  $0 sweep s.json --shard 3/4 --out s3.sqlite   # on one of four machines; then:\n"
    "  $0 merge s.sqlite s1.sqlite s2.sqlite s3.sqlite s4.sqlite\n"
    "\n";

struct SweepFlags {
  std::string sweep;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  std::string out;
  bool is_resumed = false;
  bool retries = false;
  bool is_dry = false;
  bool is_unprobed = false;
  std::string shard;
  bool as_json = false;
};

absl::StatusOr<sweep::Shard> ReadShard(const std::string& text) {
  sweep::Shard shard;
  if (text.empty()) return shard;
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits('/', 1));
  const bool is_good = absl::SimpleAtoi(parts.first, &shard.index) &&
                       absl::SimpleAtoi(parts.second, &shard.count) && shard.index >= 1 &&
                       shard.index <= shard.count && shard.count <= 1'000'000;
  if (!is_good) {
    return absl::InvalidArgumentError(
        absl::StrCat("--shard ", text, ": want i/k with i from 1 to k, such as 3/4"));
  }
  return shard;
}

std::string DefaultOut(const SweepFlags& flags, const sweep::Shard& shard) {
  const std::string stem = std::filesystem::path(flags.sweep).stem().string();
  if (shard.count == 1) return stem + ".sqlite";
  return absl::StrCat(stem, ".", shard.index, "-of-", shard.count, ".sqlite");
}

// Says what would be run, tries to compile a run of each point, and makes a few runs to say how
// long all would take.
int DryRunOf(const SweepFlags& flags, const Planned& planned, const sweep::Shard& shard) {
  constexpr std::uint64_t kTriedMax = 2'000;
  const sweep::Plan& plan = planned.plan;
  DryRun dry;
  dry.runs_max = sweep::Campaign(plan, shard).runs_max();
  for (; dry.tried < std::min(plan.points(), kTriedMax) && !IsInterrupted(); ++dry.tried) {
    const sweep::Job job = sweep::MakeJob(plan, dry.tried * plan.sweep().seeds.count);
    const auto prepared =
        PrepareDocument(plan.sweep().base, plan.sweep().base_path, job.changes, planned.own);
    absl::Status status = prepared.status();
    if (status.ok()) status = CheckMemoryOf(plan.sweep(), *prepared);
    if (!status.ok()) dry.refused.emplace_back(dry.tried, status.message());
  }
  if (!flags.is_unprobed && !IsInterrupted()) {
    ProbeOptions options;
    options.workers = flags.jobs;
    options.is_interrupted = [] { return IsInterrupted(); };
    dry.estimate = Estimate(plan, RunnerOf(plan.sweep(), planned.own), dry.runs_max, options);
  }
  Print(stdout, DryReport(plan, dry, flags.as_json));
  if (IsInterrupted()) return kInterrupted;
  return dry.refused.empty() ? kAsExpected : kRunsFailed;
}

int CodeOfSweep(const sweep::Tally& tally, const std::vector<sweep::Unmet>& unmet) {
  if (tally.is_interrupted) return kInterrupted;
  if (tally.unexpected.count("violated") > 0) return kViolated;
  if (tally.failed() > 0) return kRunsFailed;
  for (const auto& [verdict, count] : tally.unexpected) {
    const auto named = analysis::VerdictNamed(verdict);
    if (named) return CodeOf(*named, /*is_as_expected=*/false);
  }
  return unmet.empty() ? kAsExpected : kUnmet;
}

int MakeRuns(const SweepFlags& flags, const Planned& planned, const sweep::Shard& shard) {
  const sweep::Plan& plan = planned.plan;
  const std::string out = flags.out.empty() ? DefaultOut(flags, shard) : flags.out;
  auto file = OpenResults(out, flags.is_resumed, HeaderOf(planned, shard));
  if (!file.ok()) return ReportError(file.status());
  SweepProgress progress(plan.sweep().name);
  sweep::EngineOptions options;
  options.workers = flags.jobs;
  options.shard = shard;
  options.retries = flags.retries;
  options.is_interrupted = [] { return IsInterrupted(); };
  options.on_progress = [&](const sweep::Tally& tally) { progress.Show(tally); };
  options.on_unrecorded = [&](const std::string& name) {
    progress.Clear();
    PrintRemarks({absl::StrCat(
        flags.sweep, ": /record/", name,
        ": leads to no number in the summary of the first run; if it does in none, the sweep ends "
        "with ",
        int{kUnmet})});
  };
  auto tally = sweep::RunSweep(plan, RunnerOf(plan.sweep(), planned.own), options, **file);
  progress.Clear();
  if (!tally.ok()) return ReportError(tally.status());
  // Points of one shard may lack seeds, so they are judged when all is merged.
  absl::StatusOr<std::vector<sweep::Unmet>> unmet = std::vector<sweep::Unmet>();
  if (!tally->is_interrupted && shard.count == 1) unmet = sweep::FindUnmet(plan, **file);
  if (!unmet.ok()) return ReportError(unmet.status());
  const std::string report = flags.as_json
                                 ? SweepJson(plan, *tally, *unmet, **file, progress.seconds())
                                 : SweepReport(plan, *tally, *unmet, **file, progress.seconds());
  if (absl::Status status = (*file)->Close(); !status.ok()) return ReportError(status);
  if ((*file)->HasRowsBeside())
    PrintRemarks({absl::StrCat(out, ": some rows stand in ", out,
                               "-wal, since somebody reads the file or the disk is full: keep both "
                               "together; --resume takes them in")});
  Print(stdout, report + "\n");
  return CodeOfSweep(*tally, *unmet);
}

int RunSweepCommand(const SweepFlags& flags, const Additions& own) {
  const auto shard = ReadShard(flags.shard);
  if (!shard.ok()) return ReportError(shard.status());
  const auto planned = PlanOf(flags.sweep, own);
  if (!planned.ok()) return ReportError(planned.status());
  NoteInterrupts();
  if (flags.is_dry) return DryRunOf(flags, *planned, *shard);
  return MakeRuns(flags, *planned, *shard);
}

}  // namespace

void AddSweep(CLI::App& app, Call& call) {
  CLI::App* const command = app.add_subcommand(
      "sweep", "Runs a scenario with many parameters and seeds, into one results file");
  const auto flags = std::make_shared<SweepFlags>();
  command->add_option("sweep", flags->sweep, "Sweep file (see scenarios/README.md)")
      ->required()
      ->type_name("FILE");
  command->add_option("--jobs", flags->jobs, "Worker processes")
      ->check(CLI::Range(1U, 1024U))
      ->capture_default_str();
  command
      ->add_option("--out", flags->out,
                   "Results file; default: the sweep's name with .sqlite, here")
      ->type_name("FILE.sqlite");
  CLI::Option* const resume = command->add_flag(
      "--resume", flags->is_resumed, "Goes on with a results file that is there, if there is one");
  command
      ->add_flag("--retry", flags->retries,
                 "With --resume: makes again what ended with its machine (a crash, the wall limit, "
                 "the memory limit)")
      ->needs(resume);
  CLI::Option* const dry = command->add_flag(
      "--dry-run", flags->is_dry,
      "Says what would be run, which points would be refused, and how long all would take, from a "
      "few runs (10 s at most); writes nothing");
  command
      ->add_flag("--no-probe", flags->is_unprobed,
                 "With --dry-run: makes no run, so does not say how long")
      ->needs(dry);
  command->add_option("--shard", flags->shard, "Makes part i of k only; `$0 merge` joins them")
      ->type_name("i/k");
  command->add_flag("--json", flags->as_json, "Prints the closing report as JSON");
  call.Teach(*command, kSweepTeaching,
             {kAsExpected, kInternalError, kBadInput, kViolated, kNotExercised, kUnknown,
              kHeldUnexpectedly, kInterrupted, kRunsFailed, kUnmet});
  command->callback([flags, &call] { call.exit_code = RunSweepCommand(*flags, call.own); });
}

}  // namespace lockstep::cli
