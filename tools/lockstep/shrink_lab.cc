// Runs of smaller scenarios: see shrink_lab.h.

#include "tools/lockstep/shrink_lab.h"

#include <algorithm>
#include <utility>

#include "protocols/parameters/parameters.h"
#include "tools/lockstep/interrupt.h"
#include "tools/sweep/engine.h"

namespace lockstep::cli {

namespace {

bool HasFaults(const nlohmann::json& scenario) {
  const auto faults = scenario.find("faults");
  return faults != scenario.end() && !faults->empty();
}

}  // namespace

std::optional<nlohmann::json> SettlingFor(core::Duration settle, const nlohmann::json& scenario) {
  const auto time_at = [&](const char* pointer) -> std::optional<core::Duration> {
    const nlohmann::json* const found = FindAt(scenario, pointer);
    if (found == nullptr || !found->is_string()) return std::nullopt;
    const auto time = ParseDuration(found->get_ref<const std::string&>());
    return time.ok() ? std::optional(*time) : std::nullopt;
  };
  const auto heal = time_at("/phases/heal");
  const auto now = time_at("/phases/settle");
  if (!heal || !now || *now >= settle) return std::nullopt;
  nlohmann::json longer = scenario;
  longer["phases"]["settle"] = FormatDuration(settle);
  longer["run"]["for"] = FormatDuration(*heal + settle);
  return longer;
}

ShrinkLab::ShrinkLab(const Objection& wanted, const LabOptions& options, const Additions& own)
    : own_(own),
      wanted_(wanted),
      options_(options),
      pool_([this](
                const std::string& request) { return Encode(Try(nlohmann::json::parse(request))); },
            {options.workers, options.wall_max, sweep::MemoryForEach(), {}}) {}

JudgedRun ShrinkLab::Run(const nlohmann::json& scenario, std::uint64_t events_max) const {
  RunOptions run;
  run.events_max = events_max;
  return RunAndJudge(scenario, options_.path, {}, run, own_);
}

JudgedRun ShrinkLab::Try(const nlohmann::json& scenario) const {
  JudgedRun run = Run(scenario, options_.events_max);
  if (!FailingIn(0, run)) return run;
  if (options_.needs_faults && HasFaults(scenario)) {
    nlohmann::json without = scenario;
    without.erase("faults");
    if (FailingIn(0, Run(without, options_.events_max)))
      run.error = "violated, but so it is without any fault";
  }
  if (!options_.settle || !run.error.empty()) return run;
  // What is done in one run of many more events may be too much in another: then it is not known.
  if (const auto longer = SettlingFor(*options_.settle, scenario))
    if (!FailingIn(0, Run(*longer, options_.events_max * 10)))
      run.error = "slow: holds where it settles for longer";
  return run;
}

absl::Status ShrinkLab::Start(std::size_t index, const nlohmann::json& scenario) {
  ++runs_;
  return pool_.Start(first_ + index, scenario.dump());
}

template <typename Keep>
void ShrinkLab::WaitForSome(const Keep& keep) {
  constexpr std::chrono::milliseconds kPatience{100};
  for (const sweep::WorkResult& result : pool_.Wait(kPatience)) {
    if (result.id < first_) continue;  // Of what was asked before; nobody waits for it any more.
    JudgedRun run;
    if (result.ending == sweep::WorkEnding::kAnswered) {
      run = DecodeJudgedRun(result.answer);
    } else {
      run.error = result.error;
    }
    keep(static_cast<std::size_t>(result.id - first_), std::move(run));
  }
}

std::optional<shrink::Failing> ShrinkLab::FailingIn(std::size_t index, const JudgedRun& run) const {
  if (!run.error.empty() || !run.failure.empty()) return std::nullopt;
  // An overspent budget makes objections void: then it is not the verdict that it is violated.
  if (run.verdict != analysis::Verdict::kViolated) return std::nullopt;
  const auto is_known = [&](const Objection& objection) {
    return std::ranges::any_of(options_.known, [&](const Objection& known) {
      return known.oracle == objection.oracle && known.scope == objection.scope;
    });
  };
  if (!std::ranges::all_of(run.objections, is_known)) return std::nullopt;
  for (const Objection& objection : run.objections)
    if (objection.IsLike(wanted_))
      return shrink::Failing{index, core::Duration::Picoseconds(objection.at_ps)};
  return std::nullopt;
}

absl::StatusOr<std::optional<shrink::Failing>> ShrinkLab::FirstFailing(
    const std::vector<nlohmann::json>& scenarios) {
  std::optional<shrink::Failing> best;
  std::vector<bool> is_done(scenarios.size());
  std::size_t next = 0;
  std::size_t done_below = 0;  // all of these have ended
  const auto end = [&] { return best ? best->index : scenarios.size(); };
  while (done_below < end()) {
    if (IsInterrupted()) return absl::CancelledError("interrupted");
    for (; next < end() && pool_.HasIdle(); ++next)
      if (absl::Status status = Start(next, scenarios[next]); !status.ok()) return status;
    WaitForSome([&](std::size_t index, const JudgedRun& run) {
      is_done[index] = true;
      if (index < end())
        if (const auto failing = FailingIn(index, run)) best = failing;
    });
    while (done_below < scenarios.size() && is_done[done_below]) ++done_below;
  }
  first_ += next;
  return best;
}

absl::StatusOr<std::vector<JudgedRun>> ShrinkLab::TryAll(
    const std::vector<nlohmann::json>& scenarios) {
  std::vector<JudgedRun> runs(scenarios.size());
  std::size_t next = 0;
  std::size_t done = 0;
  while (done < scenarios.size()) {
    if (IsInterrupted()) return absl::CancelledError("interrupted");
    for (; next < scenarios.size() && pool_.HasIdle(); ++next)
      if (absl::Status status = Start(next, scenarios[next]); !status.ok()) return status;
    WaitForSome([&](std::size_t index, JudgedRun run) {
      runs[index] = std::move(run);
      ++done;
    });
  }
  first_ += next;
  return runs;
}

}  // namespace lockstep::cli
