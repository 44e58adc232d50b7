// lockstep fuzz PROTOCOL|SCENARIO

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
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "protocols/parameters/parameters.h"
#include "sim/trace/file_beside.h"
#include "tools/fuzz/campaign.h"
#include "tools/fuzz/corpus.h"
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
    "Draws a scenario from each seed, SEED, SEED + 1, ..., runs it, and judges every promise. Of a "
    "PROTOCOL\n"
    "it draws small clusters, parameters, workload, machine and network, and what happens to them; "
    "to a\n"
    "SCENARIO it adds faults within what its budgets leave. Faults that spend no budget end at the "
    "heal.\n"
    "Where only what is to come in the end has not come, the run goes on for up to 128 times as "
    "long, or 30 s:\n"
    "what comes then, or is still coming, was slow, and is no failure. Where a protocol checks no "
    "certificates of "
    "contents, "
    "what makes\n"
    "others of them is not drawn; the summary says which faults these are.\n"
    "\n"
    "Two runs of five change a fault of one that showed something new. The summary says how many "
    "abstract\n"
    "states were seen (what nodes were handed, listed and noted, one after the other; why "
    "something "
    "was\n"
    "dropped; what oracles counted) and how likely it is that one more draw shows a new one.\n"
    "\n"
    "Each seed that fails is a line with the command that repeats it, and its scenario is written "
    "to the\n"
    "folder of --out. What is run depends on SEED alone, not on --jobs or --time. A fault without "
    "an effect\n"
    "is no failure; the summary says how many draws of each kind had one.\n"
    "\n"
    "Chora-R has draws of its own: windows and rounds far too small, and a recovery that must "
    "succeed where\n"
    "it is promised. They are made from seeds that are even, unless --strategy or --budget says "
    "otherwise.\n"
    "\n"
    "Examples:\n"
    "  $0 fuzz picsou --seed 1 --time 60s\n"
    "  $0 fuzz scenarios/smoke/picsou.json --seed 1 --runs 100 --budget full\n"
    "  $0 fuzz picsou --seed 1 --known \"left behind\" --until-failure\n"
    "  $0 fuzz chora --seed 1 --runs 1000 --replicas 5 --jobs 1 --json | jq .coverage\n"
    "  $0 fuzz picsou --rule artifact --seed 1 --until-failure\n"
    "  $0 fuzz picsou --one 17 > drawn.json && $0 run drawn.json\n"
    "\n";

const std::vector<std::pair<std::string, fuzz::Strategy>> kStrategies = {
    {"random", fuzz::Strategy::kRandom},
    {"swarm", fuzz::Strategy::kSwarm},
    {"priorities", fuzz::Strategy::kPriorities},
    {"ties", fuzz::Strategy::kTies}};
const std::vector<std::pair<std::string, fuzz::Spending>> kSpendings = {
    {"random", fuzz::Spending::kRandom},
    {"full", fuzz::Spending::kFull},
    {"over", fuzz::Spending::kOver}};

struct FuzzFlags {
  std::string target;
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> one;
  std::optional<std::uint64_t> runs;
  std::string time;
  std::optional<std::uint32_t> replicas;
  std::string strategy;
  std::string rule;
  std::string budget = "random";
  std::vector<std::string> known;
  std::string corpus;
  bool is_until_failure = false;
  bool is_fresh = false;
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
  Report(const FuzzFlags& flags, const Fuzzer& fuzzer) : flags_(flags), fuzzer_(fuzzer) {}

  void Add(const fuzz::Piece& piece, const fuzz::Outcome& outcome, bool is_failure,
           const fuzz::Tally& tally) {
    if (is_failure) AddFailure(piece, outcome);
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
  void AddFailure(const fuzz::Piece& piece, const fuzz::Outcome& outcome) {
    const std::filesystem::path path =
        std::filesystem::path(flags_.out) / absl::StrCat(fuzzer_.name(), "-", piece.seed, ".json");
    const absl::StatusOr<nlohmann::json> scenario = fuzzer_.Failing(piece, outcome);
    if (scenario.ok()) status_.Update(WriteScenario(path, *scenario));
    const std::string command = Command(piece, outcome, path.string());
    const std::string at =
        outcome.at_ps == 0 ? ""
                           : absl::StrCat(" at ", FormatDuration(core::Duration::Picoseconds(
                                                      static_cast<std::int64_t>(outcome.at_ps))));
    Clear();
    absl::FPrintF(flags_.as_json ? stderr : stdout, "seed %d: %s%s%s%s: %s\n  %s\n", piece.seed,
                  outcome.verdict, outcome.oracle.empty() ? "" : " ", outcome.Objection(), at,
                  outcome.text, command);
    std::fflush(stdout);
    failures_.push_back({{"seed", piece.seed},
                         {"verdict", outcome.verdict},
                         {"oracle", outcome.oracle},
                         {"cause", outcome.cause},
                         {"at_ps", outcome.at_ps},
                         {"text", outcome.text},
                         {"scenario", path.string()},
                         {"command", command}});
  }

  // Only a run of the fuzzer knows what to look for in notes, that it was to recover, or how the
  // program came to die.
  std::string Command(const fuzz::Piece& piece, const fuzz::Outcome& outcome,
                      const std::string& path) const {
    const bool is_plain = outcome.verdict == "violated" && outcome.oracle != "notes";
    if (is_plain || piece.kind != fuzz::Piece::Kind::kDrawn)
      return absl::StrCat(ProgramAsCalled(), " run ", ShellWord(path));
    std::string command = absl::StrCat(ProgramAsCalled(), " fuzz ", ShellWord(flags_.target),
                                       " --seed ", piece.seed, " --runs 1 --fresh");
    if (flags_.replicas) absl::StrAppend(&command, " --replicas ", *flags_.replicas);
    if (!flags_.strategy.empty()) absl::StrAppend(&command, " --strategy ", flags_.strategy);
    if (!flags_.rule.empty()) absl::StrAppend(&command, " --rule ", flags_.rule);
    if (flags_.budget != "random") absl::StrAppend(&command, " --budget ", flags_.budget);
    return command;
  }

  void ShowProgress(const fuzz::Tally& tally) {
    const auto now = std::chrono::steady_clock::now();
    if (!is_terminal_ || now - shown_ < std::chrono::milliseconds(200)) return;
    shown_ = now;
    is_shown_ = true;
    absl::FPrintF(stderr, "\r\033[Kfuzz %s: %d runs, %.0f/s, %d failed, %d states", fuzzer_.name(),
                  tally.runs, static_cast<double>(tally.runs) / tally.lasted.count(),
                  tally.failures, tally.thoroughness.states());
  }

  const FuzzFlags& flags_;
  const Fuzzer& fuzzer_;
  const bool is_terminal_ = isatty(STDERR_FILENO) == 1;
  bool is_shown_ = false;
  std::chrono::steady_clock::time_point shown_;
  absl::Status status_;
  nlohmann::json failures_ = nlohmann::json::array();
};

// N1 / N, where there is an N.
std::optional<double> ChanceOfNew(const fuzz::Thoroughness& thoroughness) {
  if (thoroughness.runs() == 0) return std::nullopt;
  return static_cast<double>(thoroughness.singles()) / static_cast<double>(thoroughness.runs());
}

std::string ThoroughnessText(const fuzz::Tally& tally) {
  const fuzz::Thoroughness& thoroughness = tally.thoroughness;
  std::string text = absl::StrFormat("%d abstract states", thoroughness.states());
  if (tally.latest_new > 0)
    absl::StrAppendFormat(&text, ", the latest new one in run %d", tally.latest_new);
  if (const std::optional<double> chance = ChanceOfNew(thoroughness))
    absl::StrAppendFormat(&text,
                          "\none more draw shows a new one with a chance of %.3g (Good and Turing: "
                          "%d of %d draws showed one alone)",
                          *chance, thoroughness.singles(), thoroughness.runs());
  return text + "\n";
}

std::string Report::Text(const fuzz::Tally& tally) const {
  const double seconds = tally.lasted.count();
  std::string text =
      absl::StrFormat("%d runs from seed %d in %.1f s (%.1f/s)", tally.runs, *flags_.seed, seconds,
                      seconds > 0 ? static_cast<double>(tally.runs) / seconds : 0.0);
  if (tally.rounds > 0)
    absl::StrAppendFormat(&text, ", %d rounds; %d had to recover", tally.rounds, tally.to_heal);
  if (tally.mutants > 0) absl::StrAppendFormat(&text, ", %d of them mutants", tally.mutants);
  text += "\n";
  for (const auto& [replicas, count] : tally.replicas)
    absl::StrAppendFormat(&text, "  N = %d: %d\n", replicas, count);
  for (const auto& [verdict, count] : tally.verdicts)
    absl::StrAppendFormat(&text, "  %-14s %8d\n", verdict, count);
  for (const auto& [objection, count] : tally.objections)
    absl::StrAppendFormat(&text, "    %s: %d\n", objection, count);
  for (const auto& [known, count] : tally.known)
    absl::StrAppendFormat(&text, "  known: %s: %d\n", known, count);
  absl::StrAppendFormat(&text, "%-24s %8s %8s\n", "messages, in draws", "handed", "dropped");
  for (const auto& [type, each] : tally.types)
    absl::StrAppendFormat(&text, "  %-22s %8d %8d\n", type, each.handed, each.dropped);
  absl::StrAppendFormat(&text, "%-16s %8s %8s\n", "fault", "draws", "had effect");
  for (const auto& [kind, coverage] : tally.coverage)
    absl::StrAppendFormat(&text, "  %-14s %8d %8d\n", kind, coverage.draws, coverage.bitten);
  if (!tally.reached.empty()) absl::StrAppendFormat(&text, "%-16s %8s\n", "reached", "draws");
  for (const auto& [what, count] : tally.reached)
    absl::StrAppendFormat(&text, "  %-14s %8d\n", what, count);
  if (const std::vector<std::string> left_out = fuzzer_.LeftOut(); !left_out.empty())
    absl::StrAppend(&text, "not drawn, since no certificates of contents are checked: ",
                    absl::StrJoin(left_out, ", "), "\n");
  return text + ThoroughnessText(tally);
}

nlohmann::json Report::Json(const fuzz::Tally& tally) const {
  nlohmann::json coverage = nlohmann::json::object();
  for (const auto& [kind, each] : tally.coverage)
    coverage[kind] = {{"draws", each.draws}, {"effective", each.bitten}};
  nlohmann::json replicas = nlohmann::json::object();
  for (const auto& [size, count] : tally.replicas) replicas[absl::StrCat(size)] = count;
  nlohmann::json messages = nlohmann::json::object();
  for (const auto& [type, each] : tally.types)
    messages[type] = {{"handed", each.handed}, {"dropped", each.dropped}};
  nlohmann::json states = {{"seen", tally.thoroughness.states()},
                           {"latest_new_run", tally.latest_new},
                           {"draws", tally.thoroughness.runs()},
                           {"alone", tally.thoroughness.singles()}};
  if (const std::optional<double> chance = ChanceOfNew(tally.thoroughness))
    states["chance_of_new"] = *chance;
  return {{"protocol", fuzzer_.name()},
          {"seed", *flags_.seed},
          {"runs", tally.runs},
          {"mutants", tally.mutants},
          {"states", std::move(states)},
          {"known", tally.known},
          {"rounds", tally.rounds},
          {"to_recover", tally.to_heal},
          {"seconds", tally.lasted.count()},
          {"interrupted", tally.is_interrupted},
          {"replicas", std::move(replicas)},
          {"verdicts", tally.verdicts},
          {"objections", tally.objections},
          {"messages", std::move(messages)},
          {"not_drawn", fuzzer_.LeftOut()},
          {"coverage", std::move(coverage)},
          {"reached", tally.reached},
          {"failures", failures_}};
}

int CodeOfCampaign(const fuzz::Tally& tally) {
  if (tally.is_interrupted) return kInterrupted;
  if (tally.failures == 0) return kAsExpected;
  if (tally.verdicts.contains("violated") || tally.verdicts.contains("stuck")) return kViolated;
  return kRunsFailed;
}

absl::StatusOr<fuzz::CampaignOptions> OptionsOf(const FuzzFlags& flags) {
  fuzz::CampaignOptions options;
  if (!flags.seed)
    return absl::InvalidArgumentError("--seed: want a number, from which the draws are made");
  options.seed = *flags.seed;
  options.runs = flags.runs;
  options.workers = flags.jobs;
  options.is_interrupted = [] { return IsInterrupted(); };
  options.is_until_failure = flags.is_until_failure;
  options.has_mutants = !flags.is_fresh;
  options.known = flags.known;
  if (flags.runs && flags.time.empty()) return options;
  const absl::StatusOr<core::Duration> time =
      ParseDuration(flags.time.empty() ? "60s" : flags.time);
  if (!time.ok())
    return absl::InvalidArgumentError(absl::StrCat("--time: ", time.status().message()));
  options.time = std::chrono::seconds(std::max<std::int64_t>(time->ps() / 1'000'000'000'000, 1));
  return options;
}

absl::Status CheckFlags(const FuzzFlags& flags) {
  if (flags.target == "chora" && flags.replicas &&
      (*flags.replicas % 2 == 0 || *flags.replicas > 9)) {
    return absl::InvalidArgumentError("--replicas: want 3, 5, 7 or 9");
  }
  return absl::OkStatus();
}

fuzz::DrawOptions DrawOptionsOf(const FuzzFlags& flags) {
  fuzz::DrawOptions options;
  for (const auto& [name, strategy] : kStrategies)
    if (name == flags.strategy) options.strategy = strategy;
  for (const auto& [name, spending] : kSpendings)
    if (name == flags.budget) options.spending = spending;
  options.replicas = flags.replicas;
  options.rule = flags.rule;
  return options;
}

int PrintOne(const Fuzzer& fuzzer, std::uint64_t seed) {
  const absl::StatusOr<nlohmann::json> scenario =
      fuzzer.Scenario({fuzz::Piece::Kind::kDrawn, seed, ""});
  if (!scenario.ok()) return ReportError(scenario.status());
  absl::PrintF("%s\n", scenario->dump(2));
  return kAsExpected;
}

int RunFuzz(const FuzzFlags& flags, const Additions& own) {
  if (absl::Status status = CheckFlags(flags); !status.ok()) return ReportError(status);
  const absl::StatusOr<Fuzzer> fuzzer = Fuzzer::Make(flags.target, DrawOptionsOf(flags), own);
  if (!fuzzer.ok()) return ReportError(fuzzer.status());
  if (flags.one) return PrintOne(*fuzzer, *flags.one);
  const auto options = OptionsOf(flags);
  if (!options.ok()) return ReportError(options.status());
  absl::StatusOr<fuzz::Corpus> corpus =
      flags.corpus.empty() ? fuzz::Corpus() : fuzz::Corpus::Load(flags.corpus);
  if (!corpus.ok()) return ReportError(corpus.status());
  NoteInterrupts();
  Report report(flags, *fuzzer);
  const fuzz::CampaignCalls calls = {
      [&](const fuzz::Piece& piece) { return fuzzer->Run(piece); },
      [&](const fuzz::Piece& piece) { return fuzzer->Scenario(piece); },
      [&](const fuzz::Piece& piece, const fuzz::Outcome& outcome, bool is_failure,
          const fuzz::Tally& so_far) { report.Add(piece, outcome, is_failure, so_far); }};
  const auto tally = fuzz::RunCampaign(calls, *options, *corpus);
  report.Clear();
  if (!tally.ok()) return ReportError(tally.status());
  std::fputs(flags.as_json ? JsonText(report.Json(*tally)).c_str() : report.Text(*tally).c_str(),
             stdout);
  if (!report.status().ok()) return ReportError(report.status());
  return CodeOfCampaign(*tally);
}

template <typename Value>
std::vector<std::string> NamesOf(const std::vector<std::pair<std::string, Value>>& words) {
  std::vector<std::string> names;
  for (const auto& [name, value] : words) names.push_back(name);
  return names;
}

}  // namespace

void AddFuzz(CLI::App& app, Call& call) {
  CLI::App* const command =
      app.add_subcommand("fuzz", "Draws scenarios and looks for one that breaks a promise");
  const auto flags = std::make_shared<FuzzFlags>();
  command->add_option("target", flags->target, "Scenario, or the name of a protocol")
      ->type_name("FILE|PROTOCOL")
      ->required();
  call.offers["fuzz target"] = [&call](const std::vector<std::string>&) {
    std::vector<std::pair<std::string, std::string>> words;
    for (const std::string& name : FuzzedProtocols(call.own)) words.emplace_back(name, "");
    return words;
  };
  command->add_option("--seed", flags->seed, "Of the first draw");
  command->add_option("--runs", flags->runs, "How many draws")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}));
  command
      ->add_option("--time", flags->time, "How long draws are begun; default 60s, without --runs")
      ->type_name("TIME");
  command->add_option("--budget", flags->budget, "How much of the fault budgets is spent")
      ->check(CLI::IsMember(NamesOf(kSpendings)))
      ->capture_default_str();
  command->add_option("--strategy", flags->strategy, "How faults are drawn; default: drawn, too")
      ->check(CLI::IsMember(NamesOf(kStrategies)));
  command->add_option("--replicas", flags->replicas, "Size of every cluster; default: drawn")
      ->check(CLI::Range(1U, 9U));
  command
      ->add_option("--rule", flags->rule,
                   "Whose rule the protocol follows, where there are several, such as artifact; "
                   "default: its own")
      ->type_name("NAME");
  command->add_flag("--until-failure", flags->is_until_failure, "Stops at the first failure");
  command
      ->add_option("--known", flags->known,
                   "Counts failures with this oracle, or this in their text, and tells no more of "
                   "them; several times")
      ->type_name("TEXT");
  command
      ->add_option("--corpus", flags->corpus,
                   "Folder of scenarios to begin with, to which those are added that show "
                   "something new")
      ->type_name("DIR");
  command->add_flag("--fresh", flags->is_fresh, "Changes none: each run is drawn anew");
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
  command->callback([flags, &call] { call.exit_code = RunFuzz(*flags, call.own); });
}

}  // namespace lockstep::cli
