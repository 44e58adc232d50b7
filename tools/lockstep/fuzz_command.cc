// lockstep fuzz PROTOCOL

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <unistd.h>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "protocols/parameters/parameters.h"
#include "sim/trace/file_beside.h"
#include "tools/fuzz/campaign.h"
#include "tools/fuzz/draw.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/fuzz_run.h"
#include "tools/lockstep/interrupt.h"
#include "tools/lockstep/output.h"
#include "tools/lockstep/program_name.h"
#include "tools/lockstep/shell_word.h"

namespace lockstep::cli {
namespace {

constexpr const char* kFuzzTeaching =
    "Draws a scenario from each seed, SEED, SEED + 1, ...: a cluster, often with windows and "
    "rounds "
    "far\n"
    "too small, and what happens to it (loss, delays, duplicates, late rounds, pauses, clocks far "
    "off,\n"
    "crashes between two effects with all memory lost), as much as its budget bears at a time. "
    "Then "
    "all\n"
    "heals. Every promise of the protocol is judged; where it promises to recover, commits must go "
    "on.\n"
    "\n"
    "Each seed that fails is a line with the command that repeats it, and its scenario is written "
    "to "
    "the\n"
    "folder of --out. What is drawn depends on the seed alone, not on --jobs or --time. A fault "
    "without\n"
    "an effect is no failure; the summary says how many draws of each kind had one.\n"
    "\n"
    "Examples:\n"
    "  $0 fuzz chora --seed 1 --time 60s\n"
    "  $0 fuzz chora --seed 1 --runs 1000 --replicas 5 --jobs 1 --json | jq .coverage\n"
    "  $0 fuzz chora --one 17 > drawn.json && $0 run drawn.json\n"
    "\n";

struct FuzzFlags {
  std::string protocol;
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> one;
  std::optional<std::uint64_t> runs;
  std::string time;
  std::optional<std::uint32_t> replicas;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  std::string out = "fuzz-failures";
  bool as_json = false;
};

absl::Status WriteScenario(const std::filesystem::path& path, const nlohmann::json& scenario) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  const absl::Status written = trace::WriteFile(path.string(), JsonText(scenario));
  if (written.ok()) return written;
  return absl::Status(written.code(), absl::StrCat(written.message(), "; choose another --out"));
}

// A campaign as the user follows it.
class Report {
 public:
  explicit Report(const FuzzFlags& flags) : flags_(flags) {}

  void Add(std::uint64_t seed, const fuzz::Outcome& outcome, const fuzz::Tally& tally) {
    if (outcome.is_failure()) AddFailure(seed, outcome);
    ShowProgress(tally);
  }
  // What went wrong while failures were written.
  const absl::Status& status() const { return status_; }

  std::string Text(const fuzz::Tally& tally) const;
  nlohmann::json Json(const fuzz::Tally& tally) const;
  void Clear() {
    if (is_shown_) std::fputs("\r\033[K", stderr);
    is_shown_ = false;
  }

 private:
  void AddFailure(std::uint64_t seed, const fuzz::Outcome& outcome) {
    const std::filesystem::path path =
        std::filesystem::path(flags_.out) / absl::StrCat(flags_.protocol, "-", seed, ".json");
    const fuzz::Draw draw = fuzz::DrawChora(seed, {flags_.replicas});
    status_.Update(WriteScenario(path, draw.scenario));
    // Only a run of the fuzzer knows what to look for in notes, that it was to recover, or how the
    // program came to die.
    std::string command = absl::StrCat(ProgramAsCalled(), " run ", ShellWord(path.string()));
    if (outcome.verdict != "violated" || outcome.oracle == "notes") {
      command =
          absl::StrCat(ProgramAsCalled(), " fuzz ", flags_.protocol, " --seed ", seed, " --runs 1");
      if (flags_.replicas) absl::StrAppend(&command, " --replicas ", *flags_.replicas);
    }
    Clear();
    absl::FPrintF(flags_.as_json ? stderr : stdout, "seed %d: %s%s%s: %s\n  %s\n", seed,
                  outcome.verdict, outcome.oracle.empty() ? "" : " ", outcome.oracle, outcome.text,
                  command);
    std::fflush(stdout);
    failures_.push_back({{"seed", seed},
                         {"verdict", outcome.verdict},
                         {"oracle", outcome.oracle},
                         {"text", outcome.text},
                         {"scenario", path.string()},
                         {"command", command}});
  }

  void ShowProgress(const fuzz::Tally& tally) {
    const auto now = std::chrono::steady_clock::now();
    if (!is_terminal_ || now - shown_ < std::chrono::milliseconds(200)) return;
    shown_ = now;
    is_shown_ = true;
    absl::FPrintF(stderr, "\r\033[Kfuzz %s: %d runs, %.0f/s, %d failed", flags_.protocol,
                  tally.runs, static_cast<double>(tally.runs) / tally.lasted.count(),
                  tally.failures);
  }

  const FuzzFlags& flags_;
  const bool is_terminal_ = isatty(STDERR_FILENO) == 1;
  bool is_shown_ = false;
  std::chrono::steady_clock::time_point shown_;
  absl::Status status_;
  nlohmann::json failures_ = nlohmann::json::array();
};

std::string Report::Text(const fuzz::Tally& tally) const {
  const double seconds = tally.lasted.count();
  std::string text = absl::StrFormat(
      "%d runs from seed %d in %.1f s (%.1f/s), %d rounds; %d had to recover\n", tally.runs,
      *flags_.seed, seconds, seconds > 0 ? static_cast<double>(tally.runs) / seconds : 0.0,
      tally.rounds, tally.to_heal);
  for (const auto& [replicas, count] : tally.replicas)
    absl::StrAppendFormat(&text, "  N = %d: %d\n", replicas, count);
  for (const auto& [verdict, count] : tally.verdicts)
    absl::StrAppendFormat(&text, "  %-14s %8d\n", verdict, count);
  absl::StrAppendFormat(&text, "%-16s %8s %8s\n", "fault", "draws", "had effect");
  for (const auto& [kind, coverage] : tally.coverage)
    absl::StrAppendFormat(&text, "  %-14s %8d %8d\n", kind, coverage.draws, coverage.bitten);
  absl::StrAppendFormat(&text, "%-16s %8s\n", "reached", "draws");
  for (const auto& [what, count] : tally.reached)
    absl::StrAppendFormat(&text, "  %-14s %8d\n", what, count);
  return text;
}

nlohmann::json Report::Json(const fuzz::Tally& tally) const {
  nlohmann::json coverage = nlohmann::json::object();
  for (const auto& [kind, each] : tally.coverage)
    coverage[kind] = {{"draws", each.draws}, {"effective", each.bitten}};
  nlohmann::json replicas = nlohmann::json::object();
  for (const auto& [size, count] : tally.replicas) replicas[absl::StrCat(size)] = count;
  return {{"protocol", flags_.protocol},
          {"seed", *flags_.seed},
          {"runs", tally.runs},
          {"rounds", tally.rounds},
          {"to_recover", tally.to_heal},
          {"seconds", tally.lasted.count()},
          {"interrupted", tally.is_interrupted},
          {"replicas", std::move(replicas)},
          {"verdicts", tally.verdicts},
          {"coverage", std::move(coverage)},
          {"reached", tally.reached},
          {"failures", failures_}};
}

int CodeOfCampaign(const fuzz::Tally& tally) {
  if (tally.is_interrupted) return kInterrupted;
  if (tally.verdicts.contains("violated") || tally.verdicts.contains("stuck")) return kViolated;
  return tally.failures > 0 ? kRunsFailed : kAsExpected;
}

absl::StatusOr<fuzz::CampaignOptions> OptionsOf(const FuzzFlags& flags) {
  fuzz::CampaignOptions options;
  if (!flags.seed)
    return absl::InvalidArgumentError("--seed: want a number, from which the draws are made");
  options.seed = *flags.seed;
  options.runs = flags.runs;
  options.workers = flags.jobs;
  options.is_interrupted = [] { return IsInterrupted(); };
  if (flags.runs && flags.time.empty()) return options;
  const absl::StatusOr<core::Duration> time =
      ParseDuration(flags.time.empty() ? "60s" : flags.time);
  if (!time.ok())
    return absl::InvalidArgumentError(absl::StrCat("--time: ", time.status().message()));
  options.time = std::chrono::seconds(std::max<std::int64_t>(time->ps() / 1'000'000'000'000, 1));
  return options;
}

absl::Status CheckFlags(const FuzzFlags& flags) {
  if (flags.protocol != "chora") {
    return absl::InvalidArgumentError(
        absl::StrCat("fuzz: there are no draws for \"", flags.protocol, "\"; want one of: chora"));
  }
  if (flags.replicas && (*flags.replicas % 2 == 0 || *flags.replicas > 9)) {
    return absl::InvalidArgumentError("--replicas: want 3, 5, 7 or 9");
  }
  return absl::OkStatus();
}

int RunFuzz(const FuzzFlags& flags) {
  if (absl::Status status = CheckFlags(flags); !status.ok()) return ReportError(status);
  if (flags.one) {
    const fuzz::Draw draw = fuzz::DrawChora(*flags.one, {flags.replicas});
    absl::PrintF("%s\n", draw.scenario.dump(2));
    return kAsExpected;
  }
  const auto options = OptionsOf(flags);
  if (!options.ok()) return ReportError(options.status());
  NoteInterrupts();
  Report report(flags);
  const auto tally = fuzz::RunCampaign(
      [&](std::uint64_t seed) { return RunDraw(fuzz::DrawChora(seed, {flags.replicas})); },
      *options,
      [&](std::uint64_t seed, const fuzz::Outcome& outcome, const fuzz::Tally& so_far) {
        report.Add(seed, outcome, so_far);
      });
  report.Clear();
  if (!tally.ok()) return ReportError(tally.status());
  std::fputs(flags.as_json ? JsonText(report.Json(*tally)).c_str() : report.Text(*tally).c_str(),
             stdout);
  if (!report.status().ok()) return ReportError(report.status());
  return CodeOfCampaign(*tally);
}

}  // namespace

void AddFuzz(CLI::App& app, Call& call) {
  CLI::App* const command =
      app.add_subcommand("fuzz", "Draws scenarios and looks for one that breaks a promise");
  const auto flags = std::make_shared<FuzzFlags>();
  command->add_option("protocol", flags->protocol, "Protocol: chora")->required();
  call.offers["fuzz protocol"] = [](const std::vector<std::string>&) {
    return std::vector<std::pair<std::string, std::string>>{{"chora", ""}};
  };
  command->add_option("--seed", flags->seed, "Of the first draw");
  command->add_option("--runs", flags->runs, "How many draws")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}));
  command
      ->add_option("--time", flags->time, "How long draws are begun; default 60s, without --runs")
      ->type_name("TIME");
  command->add_option("--replicas", flags->replicas, "Size of every cluster; default: drawn")
      ->check(CLI::Range(3U, 9U));
  command->add_option("--jobs", flags->jobs, "Worker processes")
      ->check(CLI::Range(1U, 1024U))
      ->capture_default_str();
  command->add_option("--out", flags->out, "Folder for scenarios that fail, made when there is one")
      ->type_name("DIR")
      ->capture_default_str();
  command->add_option("--one", flags->one, "Prints the scenario of this seed, and runs nothing")
      ->type_name("SEED");
  command->add_flag("--json", flags->as_json, "Prints the summary as JSON, failures on stderr");
  call.Teach(*command, kFuzzTeaching,
             {kAsExpected, kInternalError, kBadInput, kViolated, kInterrupted, kRunsFailed});
  command->callback([flags, &call] { call.exit_code = RunFuzz(*flags); });
}

}  // namespace lockstep::cli
