// One run of a sweep: see sweep_run.h.

#include "tools/lockstep/sweep_run.h"

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "analysis/metrics.h"
#include "protocols/core/hash.h"
#include "protocols/parameters/parameters.h"
#include "tools/lockstep/memory.h"
#include "tools/lockstep/progress.h"
#include "tools/lockstep/runner.h"

namespace lockstep::cli {
namespace {

using analysis::Outcome;
using analysis::RunRow;
using nlohmann::json;

// Whether the run came to its end; else the row says why not.
bool IsComplete(const RunResult& result, const sweep::Limits& limits, RunRow& row) {
  switch (result.ending) {
    case RunEnding::kComplete:
      return true;
    case RunEnding::kSimulatedMax:
      row.outcome = Outcome::kTimeLimit;
      row.error = absl::StrCat("stopped after ", FormatDuration(*limits.simulated),
                               " of simulated time, before its end");
      return false;
    case RunEnding::kEventsMax:
      row.outcome = Outcome::kEventLimit;
      row.error = absl::StrCat("stopped after ", *row.events, " events, when ",
                               FormatDuration(core::Duration::Picoseconds(*row.simulated_ps)),
                               " were simulated");
      return false;
    case RunEnding::kStuck:
      row.outcome = Outcome::kEventLimit;
      row.error = result.failure;
      return false;
    case RunEnding::kInterrupted:
      break;
  }
  row.outcome = Outcome::kCrashed;
  row.error = "its worker was told to stop";
  return false;
}

// Metrics that the sweep itself asks for, by pointer; one that leads to no number is left out.
void Record(const sweep::Sweep& sweep, const json& summary, RunRow& row) {
  for (const auto& [name, pointer] : sweep.record) {
    const json* const found = FindAt(summary, pointer);
    if (found != nullptr && found->is_number()) row.metrics[name] = found->get<double>();
  }
}

RunRow RunJob(const sweep::Sweep& sweep, const sweep::Job& job, const Additions& own) {
  RunRow row;
  const auto prepared = PrepareDocument(sweep.base, sweep.base_path, job.changes, own);
  if (!prepared.ok()) {
    row.outcome = Outcome::kRefused;
    row.error = std::string(prepared.status().message());
    return row;
  }
  row.recipe = RecipeHash(prepared->scenario);
  if (const absl::Status fits = CheckMemoryOf(sweep, *prepared); !fits.ok()) {
    row.outcome = Outcome::kMemoryLimit;
    row.error = std::string(fits.message());
    return row;
  }
  RunOptions options;
  options.simulated_max = sweep.limits.simulated;
  options.events_max = sweep.limits.events;
  const auto result = Run(*prepared, options);
  if (!result.ok()) {
    row.error = std::string(result.status().message());
    return row;
  }
  const json& summary = result->summary;
  row.digest = summary["digest"];
  row.events = summary["events"].get<std::uint64_t>();
  row.steps = summary["speed"]["steps"].get<std::uint64_t>();
  row.simulated_ps = summary["end_ps"].get<std::int64_t>();
  row.receipts = analysis::ReceiptsOf(summary);
  if (!IsComplete(*result, sweep.limits, row)) return row;
  row.outcome = Outcome::kJudged;
  row.verdict = summary["verdict"];
  row.is_as_expected = result->is_as_expected;
  row.oracles = analysis::OraclesOf(summary);
  row.metrics = analysis::MetricsOf(summary);
  row.metrics.merge(analysis::NoteMetricsOf(summary));
  Record(sweep, summary, row);
  return row;
}

}  // namespace

absl::Status CheckMemoryOf(const sweep::Sweep& sweep, const Prepared& prepared) {
  const core::ByteCount limit = sweep.limits.memory.value_or(sweep::MemoryForEach());
  return CheckMemory(prepared, limit, "what a run of this sweep may take",
                     "allow more with /limits/memory");
}

std::string RecipeHash(const sim::Scenario& scenario) {
  const std::string text = scenario.document.dump();
  return absl::StrFormat("%016x", core::HashBytes(text.data(), text.size()));
}

sweep::RunOne RunnerOf(const sweep::Sweep& sweep, const Additions& own) {
  return [&sweep, own](const sweep::Job& job) { return RunJob(sweep, job, own); };
}

}  // namespace lockstep::cli
