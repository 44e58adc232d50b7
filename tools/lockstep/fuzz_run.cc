// One run of the fuzzer: see fuzz_run.h.

#include "tools/lockstep/fuzz_run.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "analysis/budget.h"
#include "analysis/judge.h"
#include "sim/world.h"
#include "tools/fuzz/healing.h"
#include "tools/lockstep/runner.h"

namespace lockstep::cli {
namespace {

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
    outcome.text = findings.empty() ? "" : findings[0].text;
  }
}

// Whether replicas ever committed the same, so that something could be judged.
bool IsAgreementJudged(const analysis::Judge& judge) {
  return std::ranges::any_of(judge.checkers(), [](const auto& checker) {
    return checker->oracle() == "X" && checker->verdict() != analysis::Verdict::kNotExercised;
  });
}

void AddBites(const nlohmann::json& receipts, fuzz::Outcome& outcome) {
  std::map<std::string, fuzz::Bites> bites;
  for (const nlohmann::json& receipt : receipts) {
    fuzz::Bites& of_kind = bites[receipt["kind"].get<std::string>()];
    of_kind.kind = receipt["kind"].get<std::string>();
    ++of_kind.faults;
    if (receipt["changed"].get<std::uint64_t>() > 0) ++of_kind.effective;
  }
  for (auto& [kind, of_kind] : bites) outcome.bites.push_back(std::move(of_kind));
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
  sim::World world(prepared->scenario, *prepared->program, {&judge, &watch});
  const bool is_healed = RunUntilHealed(world, prepared->scenario.end, draw, watch);
  const core::Instant now = world.now();
  // Of one that need not recover nothing is asked that is only said at the end.
  world.Finish(!draw.is_to_heal || now < prepared->scenario.end);
  outcome.rounds = static_cast<std::uint64_t>((now - core::Instant()).ps() / draw.interval.ps());
  AddBites(judge.Summary()["receipts"], outcome);
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
  return outcome;
}

}  // namespace lockstep::cli
