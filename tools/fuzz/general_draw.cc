// A scenario out of a seed: see general_draw.h.

#include "tools/fuzz/general_draw.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "tools/fuzz/drawn_cluster.h"
#include "tools/fuzz/machine.h"
#include "tools/fuzz/view_draw.h"

namespace lockstep::fuzz {
namespace {

using nlohmann::json;

// What was refused is drawn again with fewer keys that have a default, and in the end with none,
// and without clients.
constexpr std::uint64_t kSaidPercent = 35;
constexpr std::uint64_t kClientsPercent = 80;
CalmOdds OddsOf(std::uint64_t attempt) {
  if (attempt + 1 == kAttemptsMost) return {0, 0};
  return {kSaidPercent >> (attempt / 2), kClientsPercent};
}

// Mostly up to four replicas: runs are short, and what goes wrong is small.
Shape DrawShape(const Ground& ground, std::optional<std::uint32_t> replicas, Dice& dice) {
  std::vector<Shape> fitting;
  const bool is_large = dice.Percent(5);
  for (const Shape& shape : ground.shapes)
    if (replicas ? shape.size == *replicas : (shape.size > 4) == is_large) fitting.push_back(shape);
  if (fitting.empty()) fitting = ground.shapes;
  // The first ones have the largest budgets; who is alone can do little wrong.
  const std::uint64_t first = dice.Below(fitting.size());
  const std::uint64_t second = dice.Below(fitting.size());
  return fitting[std::min(first, second)];
}

Strategy DrawStrategy(const DrawOptions& options, Dice& dice) {
  const std::uint64_t which = dice.Below(10);
  if (options.strategy) return *options.strategy;
  return which < 3   ? Strategy::kRandom
         : which < 7 ? Strategy::kSwarm
         : which < 9 ? Strategy::kPriorities
                     : Strategy::kTies;
}

// Per cent of other draws and of mutants in which equal times are permuted, too.
constexpr std::uint64_t kTiesPercent = 15;
constexpr std::uint64_t kSlowDiskPercent = 30;
constexpr std::uint64_t kStakePercent = 30;
constexpr std::uint64_t kPositionsPercent = 25;
constexpr std::uint64_t kViewsPercent = 20;

void DrawTies(Dice& dice, json& scenario) { scenario["run"]["ties"] = dice.Between(1, 1'000'000); }

void SetSeed(std::uint64_t seed, json& scenario) {
  json& run = scenario["run"];
  run["seed"] = seed;
}

void Name(const std::string& of, std::uint64_t seed, json& scenario) {
  scenario["name"] = absl::StrCat("fuzz of ", of, ", seed ", seed);
  scenario["why"] = "Drawn by lockstep fuzz.";
}

json& FaultsOf(json& scenario) {
  if (!scenario.contains("faults")) scenario["faults"] = json::array();
  return scenario["faults"];
}

json Attempt(const Ground& ground, std::uint64_t seed, std::uint64_t attempt,
             const DrawOptions& options) {
  const core::Random random =
      core::Random(seed).Fork("fuzz").Fork(absl::StrCat("attempt ", attempt));
  Dice dice(random.Fork("cluster"));
  Calm calm;
  if (ground.scenario) {
    calm = {*ground.scenario, ground.frame};
  } else {
    const Shape first = DrawShape(ground, options.replicas, dice);
    const Shape second = DrawShape(ground, options.replicas, dice);
    calm = DrawCalm(ground, first, second, OddsOf(attempt), dice);
  }
  Name(ground.name, seed, calm.scenario);
  SetSeed(seed, calm.scenario);
  Dice stake(random.Fork("stake"));
  if (ground.bears_stake && stake.Percent(kStakePercent)) DrawStake(stake, calm);
  Dice positions(random.Fork("positions"));
  if (ground.takes_positions && positions.Percent(kPositionsPercent)) {
    for (json& cluster : calm.scenario["clusters"])
      if (positions.Percent(80)) cluster["positions"] = "random";
  }
  Dice disk(random.Fork("disk"));
  const bool has_machine = !ground.scenario && calm.scenario.value("profile", json()).is_object();
  if (has_machine && disk.Percent(kSlowDiskPercent))
    calm.scenario["profile"]["disk"] = DrawDisk(disk);
  if (attempt + 1 == kAttemptsMost) return std::move(calm.scenario);
  if (options.spending == Spending::kOver) calm.scenario["negative_control"] = true;
  Dice how(random.Fork("strategy"));
  const Strategy strategy = DrawStrategy(options, how);
  if (strategy == Strategy::kTies || how.Percent(kTiesPercent)) DrawTies(how, calm.scenario);
  Trouble(calm.frame, options.spending, Dice(random.Fork("faults")))
      .AddSome(strategy, FaultsOf(calm.scenario));
  return std::move(calm.scenario);
}

}  // namespace

absl::StatusOr<json> DrawScenario(const Ground& ground, std::uint64_t seed,
                                  const DrawOptions& options, const Reads& reads) {
  absl::Status why;
  for (std::uint64_t attempt = 0; attempt < kAttemptsMost; ++attempt) {
    json scenario = Attempt(ground, seed, attempt, options);
    const absl::StatusOr<Frame> frame = reads(scenario);
    why = frame.status();
    if (!frame.ok()) continue;
    Dice views(core::Random(seed).Fork("fuzz").Fork("views"));
    if (ground.takes_views && views.Percent(kViewsPercent))
      AddViews(*frame, reads, views, scenario);
    return scenario;
  }
  return why;
}

absl::StatusOr<json> MutateScenario(const Ground& ground, const json& parent, std::uint64_t seed,
                                    const DrawOptions& options, const Reads& reads) {
  absl::StatusOr<Frame> frame = reads(parent);
  if (!frame.ok()) return frame.status();
  frame->bears_loss = ground.bears_loss;
  frame->has_lengths = ground.has_lengths;
  absl::Status why;
  for (std::uint64_t attempt = 0; attempt < kAttemptsMost; ++attempt) {
    const core::Random random =
        core::Random(seed).Fork("mutant").Fork(absl::StrCat("attempt ", attempt));
    Dice dice(random.Fork("what"));
    json scenario = parent;
    json& faults = FaultsOf(scenario);
    const std::uint64_t what = dice.Below(10);
    if (what < 7 && what >= 4 && !faults.empty())
      faults.erase(faults.begin() + static_cast<std::ptrdiff_t>(dice.Below(faults.size())));
    if (what < 7) Trouble(*frame, options.spending, Dice(random.Fork("faults"))).AddOne(faults);
    if (what == 7 && !faults.empty())
      faults.erase(faults.begin() + static_cast<std::ptrdiff_t>(dice.Below(faults.size())));
    if (what >= 7 || dice.Percent(30)) SetSeed(seed, scenario);
    if (dice.Percent(kTiesPercent)) DrawTies(dice, scenario);
    scenario["why"] = "Changed by lockstep fuzz from a run that was new.";
    const absl::StatusOr<Frame> accepted = reads(scenario);
    why = accepted.status();
    if (!accepted.ok()) continue;
    const bool bears_loss = ground.bears_loss || ground.scenario;
    if (bears_loss || !LosesOfCorrect(*accepted, scenario["faults"])) return scenario;
    why = absl::InvalidArgumentError("what correct hosts send would be lost for good");
  }
  return why;
}

}  // namespace lockstep::fuzz
