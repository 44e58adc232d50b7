// One run of the fuzzer: see fuzz_run.h.

#include "tools/lockstep/fuzz_run.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "analysis/budget.h"
#include "analysis/judge.h"
#include "protocols/catalog_list.h"
#include "protocols/parameters/parameters.h"
#include "sim/scenario/name_search.h"
#include "sim/world.h"
#include "tools/fuzz/chora_healing.h"
#include "tools/fuzz/coverage.h"
#include "tools/lockstep/runner.h"
#include "tools/lockstep/standstill.h"

namespace lockstep::cli {
namespace {

using nlohmann::json;

// Rounds between two looks at whether all is well.
constexpr std::int64_t kLook = 16;

// Whoever objects first, and what it says.
void AddObjection(const analysis::Judge& judge, fuzz::Outcome& outcome) {
  for (const auto& checker : judge.checkers()) {
    const bool is_budget = checker->oracle() == analysis::kBudgetOracle.letter;
    if (is_budget && checker->verdict() != analysis::Verdict::kHolds) outcome.verdict = "overspent";
  }
  if (outcome.verdict == "overspent") return;
  core::Instant first = core::Instant::Max();
  for (const auto& checker : judge.checkers()) {
    if (checker->verdict() != analysis::Verdict::kViolated) continue;
    outcome.verdict = "violated";
    const std::vector<analysis::Finding> findings = checker->findings();
    const core::Instant at = findings.empty() ? core::Instant::Max() : findings[0].at;
    if (!outcome.oracle.empty() && at >= first) continue;
    first = at;
    outcome.oracle = std::string(checker->oracle());
    outcome.cause = std::string(checker->cause());
    outcome.text = findings.empty() ? "" : findings[0].text;
    outcome.at_ps = static_cast<std::uint64_t>(at.ps());
  }
}

// Whether replicas ever committed the same, so that something could be judged.
bool IsAgreementJudged(const analysis::Judge& judge) {
  return std::ranges::any_of(judge.checkers(), [](const auto& checker) {
    return checker->oracle() == "X" && checker->verdict() != analysis::Verdict::kNotExercised;
  });
}

void AddBites(const analysis::Recipe& recipe, const fuzz::Coverage& coverage,
              fuzz::Outcome& outcome) {
  std::map<std::string, fuzz::Bites> bites;
  for (std::size_t i = 0; i < recipe.faults.size(); ++i) {
    const std::string& kind = recipe.faults[i].kind;
    fuzz::Bites& of_kind = bites[kind];
    of_kind.kind = kind;
    ++of_kind.faults;
    if (i < coverage.changed().size() && coverage.changed()[i] > 0) ++of_kind.effective;
  }
  for (auto& [kind, of_kind] : bites) outcome.bites.push_back(std::move(of_kind));
}

void AddStates(const analysis::Judge& judge, fuzz::Coverage& coverage, fuzz::Outcome& outcome) {
  for (const auto& checker : judge.checkers()) coverage.OnChecker(*checker);
  outcome.states = coverage.Take();
  outcome.types = coverage.Types();
}

// Until all is well again, or the end.
bool RunUntilHealed(sim::World& world, core::Instant end, const fuzz::Draw& draw,
                    const fuzz::HealingWatch& watch) {
  constexpr std::uint64_t kAllSteps = std::numeric_limits<std::uint64_t>::max();
  const core::Duration look = draw.interval * kLook;
  core::Instant until = draw.is_to_heal ? draw.heal : end;
  while (until < end) {
    world.Run(until, kAllSteps);
    if (watch.IsHealed(world.now())) return true;
    until = std::min(end, until + look);
  }
  world.Run(end, kAllSteps);
  return watch.IsHealed(world.now());
}

}  // namespace

fuzz::Outcome RunDraw(const fuzz::Draw& draw) {
  fuzz::Outcome outcome;
  outcome.is_to_heal = draw.is_to_heal;
  const auto prepared = PrepareDocument(draw.scenario, "fuzz.json", {});
  if (!prepared.ok()) {
    outcome.text = std::string(prepared.status().message());
    return outcome;
  }
  const absl::Status promised = analysis::CheckPromises(prepared->recipe);
  if (!promised.ok()) {
    outcome.text = std::string(promised.message());
    return outcome;
  }
  outcome.replicas = prepared->scenario.clusters[0].size;
  analysis::Judge judge(prepared->recipe);
  fuzz::HealingWatch watch(draw, prepared->scenario.clusters[0].size);
  fuzz::Coverage coverage(outcome.replicas);
  const fuzz::WatchedProgram program(*prepared->program, coverage);
  sim::World world(prepared->scenario, program, {&judge, &watch, &coverage});
  const bool is_healed = RunUntilHealed(world, prepared->scenario.end, draw, watch);
  const core::Instant now = world.now();
  // Of one that need not recover nothing is asked that is only said at the end.
  world.Finish(!draw.is_to_heal || now < prepared->scenario.end);
  outcome.rounds = static_cast<std::uint64_t>((now - core::Instant()).ps() / draw.interval.ps());
  AddBites(prepared->recipe, coverage, outcome);
  outcome.verdict = "holds";
  AddObjection(judge, outcome);
  outcome.reached = watch.Reached();
  if (outcome.verdict == "holds" && !watch.wrong().empty()) {
    outcome.verdict = "violated";
    outcome.oracle = "notes";
    outcome.text = watch.wrong();
  }
  if (outcome.verdict == "holds" && draw.is_to_heal && !is_healed) {
    outcome.verdict = "stuck";
    outcome.text = absl::StrCat(watch.WhyNot(now), ", ", outcome.rounds, " rounds after the start");
  }
  if (outcome.verdict == "holds" && !IsAgreementJudged(judge)) outcome.verdict = "idle";
  AddStates(judge, coverage, outcome);
  return outcome;
}

namespace {

// Steps between two looks at whether time goes on, and calls of a node at one instant that say that
// it does not.
constexpr std::uint64_t kSlice = 4'096;
constexpr std::uint64_t kCallsAtOnce = 100'000;
// Where only what is to come in the end has not come, which only time can show: one alone, to make
// sure, where the oracle knows that it never does; and where it knows that it may, one more. Unless
// it knows that it never does, the run then settles for so long at least: a packet that is on its
// way for seconds shows nothing of itself, and a connection that finds no answer is opened again
// after 1, 3, 7 and 15 s (RFC 6298).
constexpr std::uint64_t kStretches[] = {4, 16, 128};
constexpr std::uint64_t kOfWhatMayCome = 128;
constexpr core::Duration kLongEnough = core::Duration::Seconds(30);
// And where it knows nothing, only if that takes no more steps: rounds of 2 us go on for ever.
constexpr std::uint64_t kStepsMost = 20'000'000;

struct OneRun {
  fuzz::Outcome outcome;
  std::uint64_t steps = 0;    // of the world, about
  bool is_only_late = false;  // Progress alone is missing; then, what is known of it:
  bool is_slow = false;       // all of it is still coming
  analysis::Outlook outlook = analysis::Outlook::kUnclear;
};

void AddLateness(const analysis::Judge& judge, OneRun& run) {
  using analysis::Outlook;
  bool may_come = false;
  bool never_comes = true;
  run.is_only_late = true;
  run.is_slow = true;
  for (std::size_t i = 0; i < judge.checkers().size(); ++i) {
    const analysis::Checker& checker = *judge.checkers()[i];
    if (checker.verdict() != analysis::Verdict::kViolated) continue;
    if (judge.NatureOf(i) != analysis::Nature::kLiveness) run.is_only_late = false;
    run.is_slow &= checker.cause() == "slow";
    may_come |= checker.outlook() == Outlook::kMayCome;
    never_comes &= checker.outlook() == Outlook::kNeverComes;
  }
  run.outlook = may_come      ? Outlook::kMayCome
                : never_comes ? Outlook::kNeverComes
                              : Outlook::kUnclear;
}

OneRun RunOnce(const Prepared& prepared) {
  OneRun run;
  fuzz::Outcome& outcome = run.outcome;
  std::size_t hosts = 0;
  for (const core::Cluster& cluster : prepared.scenario.clusters) hosts += cluster.size;
  analysis::Judge judge(prepared.recipe, prepared.own.oracles);
  fuzz::Coverage coverage(hosts);
  const fuzz::WatchedProgram program(*prepared.program, coverage);
  sim::World world(prepared.scenario, program, {&judge, &coverage});
  Standstill standstill(world, hosts, kCallsAtOnce);
  while (world.Run(prepared.scenario.end, kSlice)) {
    run.steps += kSlice;
    const std::optional<core::NodeId> standing = standstill.Find();
    if (!standing) continue;
    outcome.text = absl::StrCat(sim::HostName(prepared.scenario.clusters, *standing),
                                " makes no progress in simulated time");
    outcome.at_ps = static_cast<std::uint64_t>(world.now().ps());
    return run;
  }
  world.Finish(false);
  outcome.replicas = prepared.scenario.clusters[0].size;
  const auto any_is = [&](analysis::Verdict verdict) {
    return std::ranges::any_of(judge.checkers(),
                               [&](const auto& checker) { return checker->verdict() == verdict; });
  };
  outcome.verdict = any_is(analysis::Verdict::kUnknown) ? "unknown"
                    : any_is(analysis::Verdict::kHolds) ? "holds"
                                                        : "idle";
  AddObjection(judge, outcome);
  AddBites(prepared.recipe, coverage, outcome);
  AddStates(judge, coverage, outcome);
  if (outcome.verdict == "violated") AddLateness(judge, run);
  return run;
}

}  // namespace

json Stretched(const Prepared& prepared, std::uint64_t stretch) {
  const sim::Scenario& scenario = prepared.scenario;
  const auto times = static_cast<std::int64_t>(stretch);
  json document = scenario.document;
  json& run = document["run"];
  for (const char* key : {"for", "for_s", "for_ms", "for_us", "for_ns", "for_ps"}) run.erase(key);
  const core::Duration after = scenario.end - scenario.heal;
  run["for"] = FormatDuration(scenario.heal - core::Instant() + after * times);
  document["phases"] = {{"heal", FormatDuration(scenario.heal - core::Instant())},
                        {"settle", FormatDuration(scenario.settle * times)}};
  return document;
}

namespace {

// For so many times as long, in place of `run`; whether it could be.
bool RunOn(const Prepared& prepared, std::uint64_t stretch, OneRun& run) {
  const auto longer =
      PrepareDocument(Stretched(prepared, stretch), prepared.scenario.path, {}, prepared.own);
  if (!longer.ok()) return false;
  OneRun again = RunOnce(*longer);
  again.outcome.stretch = stretch;
  again.outcome.states = std::move(run.outcome.states);
  run = std::move(again);
  if (!run.outcome.is_failure()) run.outcome.verdict = "slow";
  return true;
}

}  // namespace

fuzz::Outcome RunScenario(const Prepared& prepared) {
  using analysis::Outlook;
  OneRun run = RunOnce(prepared);
  for (const std::uint64_t stretch : kStretches) {
    const bool is_sure = run.outcome.stretch > 1 && run.outlook == Outlook::kNeverComes;
    const bool is_worth = stretch < kOfWhatMayCome || run.outlook == Outlook::kMayCome;
    if (!run.is_only_late || is_sure) return run.outcome;
    if (!is_worth) break;
    if (!RunOn(prepared, stretch, run)) return run.outcome;
  }
  const core::Duration after = prepared.scenario.end - prepared.scenario.heal;
  const auto enough =
      static_cast<std::uint64_t>(kLongEnough.ps() / std::max<std::int64_t>(after.ps(), 1) + 1);
  const bool is_cheap = run.steps / run.outcome.stretch <= kStepsMost / enough;
  const bool is_worth =
      run.outlook == Outlook::kMayCome || (run.outlook == Outlook::kUnclear && is_cheap);
  if (run.is_only_late && is_worth && run.outcome.stretch < enough) RunOn(prepared, enough, run);
  // One hole after the other, as without φ-lists, may take seconds each.
  if (run.is_only_late && run.is_slow && run.outcome.stretch >= enough)
    run.outcome.verdict = "slow";
  return run.outcome;
}

// --- Fuzzer ---

std::vector<std::string> FuzzedProtocols(const Additions& own) {
  std::vector<std::string> names;
  for (const LayerInfo& layer : ListLayers(own.protocols))
    if (layer.kind == "c3b" || layer.kind == "protocol") names.push_back(layer.name);
  return names;
}

absl::StatusOr<Fuzzer> Fuzzer::Make(const std::string& target, const fuzz::DrawOptions& options,
                                    const Additions& own) {
  Fuzzer fuzzer(options, own);
  const std::vector<std::string> protocols = FuzzedProtocols(own);
  const bool is_protocol = std::ranges::find(protocols, target) != protocols.end();
  std::error_code error;
  const std::string found = sim::FindGiven(target);
  if (!is_protocol && !std::filesystem::exists(found, error)) {
    const std::optional<std::string> nearest = Nearest(target, protocols);
    return absl::InvalidArgumentError(absl::StrCat(
        "fuzz: there is neither a protocol nor a file \"", target, "\"; ",
        nearest ? absl::StrCat("did you mean \"", *nearest, "\"?")
                : absl::StrCat("want a scenario, or one of: ", absl::StrJoin(protocols, ", "))));
  }
  std::optional<Prepared> last;
  absl::StatusOr<fuzz::Ground> ground = absl::UnknownError("");
  if (is_protocol) {
    fuzzer.path_ = "fuzz.json";
    ground = fuzz::GroundOf(target, ListLayers(own.protocols), options.rule, fuzzer.Reads(&last));
  } else {
    if (!options.rule.empty())
      return absl::InvalidArgumentError("--rule: want a protocol; a scenario says its rule itself");
    auto prepared = Prepare(target, {}, own);
    if (!prepared.ok()) return prepared.status();
    fuzzer.path_ = prepared->scenario.path;
    ground = fuzz::GroundOfScenario(std::filesystem::path(found).stem().string(),
                                    prepared->scenario.document, fuzzer.Reads(&last));
  }
  if (!ground.ok()) return ground.status();
  fuzzer.ground_ = *std::move(ground);
  if (last)
    if (absl::Status status = analysis::CheckPromises(last->recipe, own.oracles); !status.ok())
      return status;
  return fuzzer;
}

absl::StatusOr<Prepared> Fuzzer::Read(json document) const {
  return PrepareDocument(std::move(document), path_, {}, *own_);
}

// Of what was read, the last is kept for whoever runs it.
fuzz::Reads Fuzzer::Reads(std::optional<Prepared>* last) const {
  return [this, last](const json& document) -> absl::StatusOr<fuzz::Frame> {
    absl::StatusOr<Prepared> prepared = Read(document);
    if (!prepared.ok()) return prepared.status();
    fuzz::Frame frame = fuzz::FrameOf(prepared->scenario, *prepared->program);
    last->emplace(*std::move(prepared));
    return frame;
  };
}

bool Fuzzer::IsOwn(const fuzz::Piece& piece) const {
  return ground_.name == "chora" && piece.kind == fuzz::Piece::Kind::kDrawn && !options_.strategy &&
         options_.spending == fuzz::Spending::kRandom && piece.seed % 2 == 0;
}

std::vector<std::string> Fuzzer::LeftOut() const {
  return fuzz::NotPromised(ground_.has_certificates, ground_.has_lengths);
}

absl::StatusOr<json> Fuzzer::Draw(const fuzz::Piece& piece, std::optional<Prepared>* last) const {
  const fuzz::Reads reads = Reads(last);
  if (piece.kind == fuzz::Piece::Kind::kDrawn)
    return fuzz::DrawScenario(ground_, piece.seed, options_, reads);
  json parent = json::parse(piece.parent, nullptr, /*allow_exceptions=*/false);
  if (piece.kind == fuzz::Piece::Kind::kMutant)
    return fuzz::MutateScenario(ground_, parent, piece.seed, options_, reads);
  const auto frame = reads(parent);
  if (!frame.ok()) return frame.status();
  return parent;
}

absl::StatusOr<json> Fuzzer::Scenario(const fuzz::Piece& piece) const {
  if (IsOwn(piece)) return fuzz::DrawChora(piece.seed, {options_.replicas}).scenario;
  std::optional<Prepared> last;
  return Draw(piece, &last);
}

fuzz::Outcome Fuzzer::Run(const fuzz::Piece& piece) const {
  if (IsOwn(piece)) return RunDraw(fuzz::DrawChora(piece.seed, {options_.replicas}));
  std::optional<Prepared> last;
  const absl::StatusOr<json> scenario = Draw(piece, &last);
  if (scenario.ok()) return RunScenario(*last);
  fuzz::Outcome outcome;
  outcome.text = std::string(scenario.status().message());
  return outcome;
}

absl::StatusOr<json> Fuzzer::Failing(const fuzz::Piece& piece, const fuzz::Outcome& outcome) const {
  absl::StatusOr<json> scenario = Scenario(piece);
  if (!scenario.ok() || outcome.stretch == 1) return scenario;
  const absl::StatusOr<Prepared> prepared = Read(*scenario);
  if (!prepared.ok()) return prepared.status();
  return Stretched(*prepared, outcome.stretch);
}

}  // namespace lockstep::cli
