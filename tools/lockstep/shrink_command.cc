// lockstep shrink SCENARIO --seed S

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "protocols/parameters/parameters.h"
#include "sim/scenario/name_search.h"
#include "sim/scenario/override.h"
#include "sim/trace/file_beside.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/interrupt.h"
#include "tools/lockstep/output.h"
#include "tools/lockstep/overrides.h"
#include "tools/lockstep/program_name.h"
#include "tools/lockstep/remarks.h"
#include "tools/lockstep/runner.h"
#include "tools/lockstep/shell_word.h"
#include "tools/lockstep/shrink_lab.h"
#include "tools/shrink/shrink.h"

namespace lockstep::cli {
namespace {

constexpr const char* kShrinkTeaching =
    "Looks for a smaller scenario to which the same oracle objects, about the same stream or "
    "cluster,\n"
    "and no oracle that did not before. First fewer faults (delta debugging), then a shorter run, "
    "fewer\n"
    "clusters and hosts, and one key, element, time or number after the other, left out or made\n"
    "simpler, until nothing can go any more. Then each fault that is left is taken away, to show "
    "what\n"
    "the run does without it.\n"
    "\n"
    "Where the first run holds without its faults, so must a smaller one. Where progress is "
    "violated, it\n"
    "must be for the same cause, and still when the smaller run settles for ten times as long as "
    "the\n"
    "first did (or as long, where the first holds by then): what is slow, or only cut short, "
    "shows\n"
    "nothing. A run of more than ten times the events of the first is not looked at.\n"
    "\n"
    "Each step is written to -o as it is found; Ctrl-C keeps the smallest so far. Seed, profile "
    "files and\n"
    "what the scenario expects stay. What comes of it does not depend on --jobs.\n"
    "\n"
    "Examples:\n"
    "  $0 shrink fuzz-failures/chora-17.json\n"
    "  $0 shrink failing.json --seed 17 -o small.json && $0 replay small.json\n"
    "  $0 shrink failing.json --seed 17 --oracle L --json | jq .without\n"
    "\n";

// How much longer a smaller scenario may run than the first, in events.
constexpr std::uint64_t kLongerMost = 10;

struct ShrinkFlags {
  std::string scenario;
  OverrideFlags overrides;
  std::string oracle;
  std::string out;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  bool as_json = false;
};

// What is shrunk, and what it is to keep.
struct Subject {
  nlohmann::json document;
  std::string out;
  Objection wanted;
  LabOptions lab;
};

// The scenario with all changes in it, as it may stand in `out`: with the names of its files where
// they mean the same there, else with what these files say.
absl::StatusOr<nlohmann::json> DocumentFor(const std::string& out, const std::string& path,
                                           const std::vector<sim::Override>& overrides,
                                           const Prepared& prepared, const Additions& own) {
  absl::StatusOr<nlohmann::json> document = ReadJsonFile(path);
  if (!document.ok()) return document.status();
  bool is_whole = true;
  for (const sim::Override& change : overrides) {
    const bool is_in_file = absl::StartsWith(change.first, "/profile/") ||
                            absl::StartsWith(change.first, "/network/topology/graph/");
    is_whole &= !is_in_file && sim::Apply(change, *document).ok();
  }
  if (is_whole) {
    const auto there = PrepareDocument(*document, out, {}, own);
    if (there.ok() && there->scenario.document == prepared.scenario.document) return document;
  }
  return prepared.scenario.document;
}

// The objection that is to stay: of the oracle that was asked for, or is expected; else the first
// to safety.
absl::StatusOr<Objection> WantedOf(const ShrinkFlags& flags, const Prepared& prepared,
                                   const JudgedRun& run) {
  if (run.objections.empty() || run.verdict != analysis::Verdict::kViolated)
    return absl::InvalidArgumentError(absl::StrCat(flags.scenario, ": nothing to shrink: seed ",
                                                   prepared.scenario.seed, ": ", run.Text()));
  const auto of = [&](const std::string& oracle) {
    return std::ranges::find(run.objections, oracle, &Objection::oracle);
  };
  if (!flags.oracle.empty()) {
    if (const auto found = of(flags.oracle); found != run.objections.end()) return *found;
    std::vector<std::string> known;
    for (const Objection& each : run.objections) known.push_back(each.oracle);
    return absl::InvalidArgumentError(absl::StrCat(
        "--oracle: ", flags.oracle, " does not object; there are: ", absl::StrJoin(known, ", ")));
  }
  if (const auto found = of(prepared.recipe.expect.oracle); found != run.objections.end())
    return *found;
  const auto safety = std::ranges::find(run.objections, false, &Objection::is_liveness);
  return safety == run.objections.end() ? run.objections.front() : *safety;
}

std::string DefaultShrunk(const std::string& scenario) {
  return absl::StrCat(std::filesystem::path(scenario).stem().string(), "-shrunk.json");
}

// Then its faults are not what it fails by.
bool FailsWithoutFaults(const Subject& subject, const Additions& own) {
  nlohmann::json without = subject.document;
  without.erase("faults");
  const JudgedRun run = RunAndJudge(without, subject.out, {}, RunOptions(), own);
  return std::ranges::any_of(
      run.objections, [&](const Objection& objection) { return objection.IsLike(subject.wanted); });
}

// For how long a smaller run has to be violated: ten times as long as the first settles, if that
// is violated then, too.
void LetSettle(const sim::Scenario& scenario, const JudgedRun& run, const Additions& own,
               Subject& subject) {
  constexpr std::uint64_t kEventsMost = 20'000'000;
  subject.document["phases"] = {{"heal", FormatDuration(scenario.heal - core::Instant())},
                                {"settle", FormatDuration(scenario.settle)}};
  subject.lab.settle = scenario.settle;
  constexpr std::int64_t kTimes = 10;
  const bool is_too_long = scenario.settle.ps() > core::Duration::Seconds(86'400).ps() / kTimes;
  if (run.events > kEventsMost || is_too_long) return;
  const core::Duration longer = scenario.settle * kTimes;
  const auto document = SettlingFor(longer, subject.document);
  if (!document) return;
  const JudgedRun long_run = RunAndJudge(*document, subject.out, {}, RunOptions(), own);
  const bool is_stuck = std::ranges::any_of(long_run.objections, [&](const Objection& objection) {
    return objection.IsLike(subject.wanted);
  });
  if (is_stuck && long_run.error.empty()) subject.lab.settle = longer;
}

absl::StatusOr<Subject> SubjectOf(const ShrinkFlags& flags, const Additions& own) {
  const auto overrides = ReadOverrides(flags.overrides);
  if (!overrides.ok()) return overrides.status();
  const auto prepared = Prepare(flags.scenario, *overrides, own);
  if (!prepared.ok()) return prepared.status();
  Subject subject;
  subject.out = flags.out.empty() ? DefaultShrunk(flags.scenario) : flags.out;
  if (absl::Status other = CheckNoInput(subject.out, "-o", prepared->scenario.files); !other.ok())
    return other;
  auto document = DocumentFor(subject.out, prepared->scenario.path, *overrides, *prepared, own);
  if (!document.ok()) return document.status();
  subject.document = *std::move(document);
  PrintRemarks(prepared->scenario.remarks);
  NoteInterrupts();
  const auto started = std::chrono::steady_clock::now();
  const JudgedRun run = RunAndJudge(subject.document, subject.out, {}, RunOptions(), own);
  if (IsInterrupted()) return absl::CancelledError("interrupted before the first run had ended");
  auto wanted = WantedOf(flags, *prepared, run);
  if (!wanted.ok()) return wanted.status();
  subject.wanted = *std::move(wanted);
  subject.lab.workers = flags.jobs;
  subject.lab.path = subject.out;
  subject.lab.known = run.objections;
  subject.lab.needs_faults = !FailsWithoutFaults(subject, own);
  if (subject.wanted.is_liveness) LetSettle(prepared->scenario, run, own, subject);
  subject.lab.events_max = run.events * kLongerMost;
  // For what makes no events at all; much more than what these may take.
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - started);
  subject.lab.wall_max = 10 * kLongerMost * took + std::chrono::seconds(60);
  return subject;
}

// How large a scenario is: faults, hosts, and how long it runs.
nlohmann::json SizeOf(const nlohmann::json& scenario) {
  std::uint64_t hosts = 0;
  for (const nlohmann::json& cluster : scenario["clusters"])
    hosts += cluster.value("size", std::uint64_t{0});
  return {{"faults", scenario.value("faults", nlohmann::json::array()).size()},
          {"hosts", hosts},
          {"run_for", scenario["run"]["for"]},
          {"bytes", scenario.dump().size()}};
}

std::string SizeText(const nlohmann::json& size) {
  return absl::StrFormat(
      "%d faults, %d hosts, %s", size["faults"].get<std::uint64_t>(),
      size["hosts"].get<std::uint64_t>(),
      size["run_for"].is_string() ? size["run_for"].get<std::string>() : size["run_for"].dump());
}

class ShrinkProgress {
 public:
  explicit ShrinkProgress(bool is_quiet) : is_quiet_(is_quiet) {}
  void Tell(std::uint64_t step, const std::string& what, const nlohmann::json& scenario) {
    steps_.push_back(what);
    if (!is_quiet_)
      Print(stdout, absl::StrFormat("%4d  %s (%s)\n", step, what, SizeText(SizeOf(scenario))));
    std::fflush(stdout);
  }
  const std::vector<std::string>& steps() const { return steps_; }

 private:
  bool is_quiet_;
  std::vector<std::string> steps_;
};

// Of each fault what the run does without it. Cancelled where it is interrupted.
absl::StatusOr<nlohmann::json> WithoutEach(const nlohmann::json& scenario, ShrinkLab& lab) {
  nlohmann::json rows = nlohmann::json::array();
  const nlohmann::json faults = scenario.value("faults", nlohmann::json::array());
  std::vector<nlohmann::json> scenarios;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    scenarios.push_back(scenario);
    scenarios.back()["faults"].erase(i);
  }
  const auto runs = lab.TryAll(scenarios);
  if (!runs.ok()) return runs.status();
  for (std::size_t i = 0; i < faults.size(); ++i) {
    rows.push_back({{"fault", faults[i].value("id", absl::StrCat("/faults/", i))},
                    {"text", (*runs)[i].Text()}});
  }
  return rows;
}

int FinishShrink(const ShrinkFlags& flags, const Subject& subject, const shrink::Shrunk& shrunk,
                 const nlohmann::json& without, const ShrinkLab& lab, double seconds,
                 const std::vector<std::string>& steps) {
  const nlohmann::json before = SizeOf(subject.document);
  const nlohmann::json after = SizeOf(shrunk.scenario);
  if (flags.as_json) {
    Print(stdout, JsonText({{"scenario", subject.out},
                            {"objection", subject.wanted.Name()},
                            {"before", before},
                            {"after", after},
                            {"steps", steps},
                            {"without", without},
                            {"runs", lab.runs()},
                            {"seconds", seconds},
                            {"interrupted", !shrunk.status.ok()}}));
    return shrunk.status.ok() ? kAsExpected : kInterrupted;
  }
  std::string text;
  for (const nlohmann::json& row : without)
    absl::StrAppend(&text, "without ", row["fault"].get<std::string>(), ": ",
                    row["text"].get<std::string>(), "\n");
  absl::StrAppendFormat(&text, "%s -> %s; %s objects; %d runs in %.1f s\n%s run %s\n",
                        SizeText(before), SizeText(after), subject.wanted.Name(), lab.runs(),
                        seconds, ProgramAsCalled(), ShellWord(subject.out));
  Print(stdout, text);
  return shrunk.status.ok() ? kAsExpected : kInterrupted;
}

int ShrinkScenario(const ShrinkFlags& flags, const Additions& own) {
  const auto started = std::chrono::steady_clock::now();
  const auto subject = SubjectOf(flags, own);
  if (absl::IsCancelled(subject.status())) {
    PrintRemarks({std::string(subject.status().message())});
    return kInterrupted;
  }
  if (!subject.ok()) return ReportError(subject.status());
  const auto write = [&](const nlohmann::json& scenario) {
    return trace::WriteFile(subject->out, JsonText(scenario));
  };
  if (absl::Status status = write(subject->document); !status.ok()) return ReportError(status);
  ShrinkLab lab(subject->wanted, subject->lab, own);
  ShrinkProgress progress(flags.as_json);
  const shrink::Shrunk shrunk = shrink::Shrink(
      subject->document, core::Duration::Picoseconds(subject->wanted.at_ps),
      [&](const std::vector<nlohmann::json>& scenarios) { return lab.FirstFailing(scenarios); },
      [&](const std::string& what, const nlohmann::json& scenario) {
        progress.Tell(progress.steps().size() + 1, what, scenario);
        return write(scenario);
      });
  if (!shrunk.status.ok() && !absl::IsCancelled(shrunk.status)) return ReportError(shrunk.status);
  nlohmann::json without = nlohmann::json::array();
  if (shrunk.status.ok())
    if (auto rows = WithoutEach(shrunk.scenario, lab); rows.ok()) without = *std::move(rows);
  if (!shrunk.status.ok())
    PrintRemarks({"interrupted; " + subject->out + " is the smallest that was found"});
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
  return FinishShrink(flags, *subject, shrunk, without, lab, seconds.count(), progress.steps());
}

}  // namespace

void AddShrink(CLI::App& app, Call& call) {
  CLI::App* const command =
      app.add_subcommand("shrink", "Makes a scenario that fails smaller, as far as it still fails");
  const auto flags = std::make_shared<ShrinkFlags>();
  command->add_option("scenario", flags->scenario, "Scenario file (see scenarios/README.md)")
      ->required()
      ->type_name("FILE");
  AddOverrideFlags(*command, flags->overrides);
  command
      ->add_option("--oracle", flags->oracle,
                   "Whose objection is to stay (X); default: that which the scenario expects, else "
                   "the first to safety")
      ->type_name("LETTER");
  command
      ->add_option("-o,--out", flags->out,
                   "Where the smaller scenario goes; default: SCENARIO-shrunk.json, here")
      ->type_name("FILE");
  command->add_option("--jobs", flags->jobs, "Worker processes")
      ->check(CLI::Range(1U, 1024U))
      ->capture_default_str();
  command->add_flag("--json", flags->as_json, "Prints the report as JSON");
  call.Teach(*command, kShrinkTeaching, {kAsExpected, kInternalError, kBadInput, kInterrupted});
  command->callback([flags, &call] { call.exit_code = ShrinkScenario(*flags, call.own); });
}

}  // namespace lockstep::cli
