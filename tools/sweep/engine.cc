// Runs a sweep: see engine.h.

#include "tools/sweep/engine.h"

#include <algorithm>
#include <set>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"
#include "tools/sweep/findings.h"
#include "tools/sweep/pool.h"

namespace lockstep::sweep {
namespace {

using analysis::Outcome;
using analysis::RunRow;
using WallClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kCommitEvery{50};

Outcome OutcomeOf(WorkEnding ending) {
  switch (ending) {
    case WorkEnding::kWallMax:
      return Outcome::kWallLimit;
    case WorkEnding::kMemoryMax:
      return Outcome::kMemoryLimit;
    case WorkEnding::kAnswered:
    case WorkEnding::kCrashed:
      break;
  }
  return Outcome::kCrashed;
}

// One sweep that is going on.
class Engine {
 public:
  Engine(const Plan& plan, const RunOne& run_one, const EngineOptions& options,
         analysis::ResultsFile& file)
      : plan_(plan),
        options_(options),
        file_(file),
        campaign_(plan, options.shard),
        pool_(
            [&run_one](const std::string& request) { return Encode(run_one(DecodeJob(request))); },
            PoolOptionsOf(plan.sweep().limits)) {
    tally_.runs_max = campaign_.runs_max();
  }

  // Takes note of what the file has.
  absl::Status Begin();
  absl::Status Run();
  Tally tally() const { return tally_; }

 private:
  PoolOptions PoolOptionsOf(const Limits& limits) const;
  void Count(const RunRow& row);
  void TellUnrecorded(const RunRow& row) const;
  absl::Status StartWhatCanBe();
  bool IsInterrupted() const { return options_.is_interrupted && options_.is_interrupted(); }
  absl::Status Keep(const WorkResult& result);
  absl::Status CommitInTime();

  const Plan& plan_;
  const EngineOptions& options_;
  analysis::ResultsFile& file_;
  Campaign campaign_;
  Pool pool_;
  Tally tally_;
  std::set<std::uint64_t> points_;  // that are in the file
  WallClock::time_point committed_ = WallClock::now();
  bool is_dirty_ = false;
};

PoolOptions Engine::PoolOptionsOf(const Limits& limits) const {
  PoolOptions options;
  options.workers = options_.workers;
  options.wall_max =
      std::chrono::milliseconds(std::max<std::int64_t>(limits.wall.ps() / 1'000'000'000, 1));
  options.memory_max = limits.memory ? *limits.memory : MemoryForEach();
  options.after_fork = [&file = file_] { file.ForgetInChild(); };
  return options;
}

absl::Status Engine::Begin() {
  absl::StatusOr<std::vector<analysis::PointRow>> points = file_.Points();
  if (!points.ok()) return points.status();
  for (const analysis::PointRow& point : *points) points_.insert(point.point);
  absl::Status fits;
  const absl::Status read = file_.ForEachRun([&](const RunRow& row) {
    fits = campaign_.Fits(row);
    if (!fits.ok()) return false;
    if (options_.retries && analysis::IsByMachine(row.outcome)) return true;
    Count(row);
    ++tally_.earlier;
    campaign_.Take(row);
    return true;
  });
  if (fits.ok()) return read;
  return absl::InvalidArgumentError(absl::StrCat(file_.path(), ": ", fits.message()));
}

absl::Status Engine::Run() {
  while (!IsInterrupted()) {
    if (absl::Status status = StartWhatCanBe(); !status.ok()) return status;
    if (pool_.busy() == 0) break;
    for (const WorkResult& result : pool_.Wait(kCommitEvery))
      if (absl::Status status = Keep(result); !status.ok()) return status;
    if (absl::Status status = CommitInTime(); !status.ok()) return status;
    if (options_.on_progress) options_.on_progress(tally_);
  }
  tally_.is_interrupted = pool_.busy() > 0 || !campaign_.IsDone();
  return file_.SetThresholds(campaign_.Thresholds());
}

absl::Status Engine::StartWhatCanBe() {
  while (pool_.HasIdle()) {
    const std::optional<std::uint64_t> run = campaign_.Next();
    if (!run) return absl::OkStatus();
    if (absl::Status status = pool_.Start(*run, Encode(MakeJob(plan_, *run))); !status.ok())
      return status;
  }
  return absl::OkStatus();
}

absl::Status Engine::Keep(const WorkResult& result) {
  RunRow row;
  if (result.ending == WorkEnding::kAnswered) {
    row = DecodeRow(result.answer);
  } else {
    row.outcome = OutcomeOf(result.ending);
    row.error = result.error;
  }
  // What ends the sweep may reach a worker, too, as it is made: its run is lost, not at fault.
  if (row.outcome == Outcome::kCrashed && IsInterrupted()) return absl::OkStatus();
  row.run = result.id;
  row.point = result.id / plan_.sweep().seeds.count;
  row.seed = plan_.sweep().seeds.first + result.id % plan_.sweep().seeds.count;
  row.wall_us = result.wall.count();
  if (result.memory_kb > 0) row.memory_kb = result.memory_kb;
  row.is_as_expected = IsAsExpected(plan_.sweep(), plan_.At(row.point), row);
  if (points_.insert(row.point).second) {
    analysis::PointRow point{row.point, nlohmann::json::object()};
    for (const Setting& setting : plan_.At(row.point).settings)
      point.parameters[setting.name] = setting.shown;
    if (absl::Status status = file_.Add(point); !status.ok()) return status;
  }
  const absl::Status kept = options_.retries ? file_.Replace(row) : file_.Add(row);
  if (!kept.ok()) return kept;
  is_dirty_ = true;
  ++tally_.done;
  const bool is_first = row.outcome == Outcome::kJudged && tally_.outcomes[Outcome::kJudged] == 0;
  Count(row);
  if (is_first) TellUnrecorded(row);
  campaign_.Take(row);
  return absl::OkStatus();
}

void Engine::Count(const RunRow& row) {
  ++tally_.outcomes[row.outcome];
  if (row.outcome == Outcome::kJudged && !row.is_as_expected) ++tally_.unexpected[row.verdict];
}

void Engine::TellUnrecorded(const RunRow& row) const {
  if (!options_.on_unrecorded) return;
  for (const auto& [name, pointer] : plan_.sweep().record)
    if (!row.metrics.contains(name)) options_.on_unrecorded(name);
}

absl::Status Engine::CommitInTime() {
  const WallClock::time_point now = WallClock::now();
  if (!is_dirty_) committed_ = now;
  if (now - committed_ < kCommitEvery) return absl::OkStatus();
  committed_ = now;
  is_dirty_ = false;
  return file_.Commit();
}

}  // namespace

std::uint64_t Tally::failed() const {
  std::uint64_t failed = 0;
  for (const auto& [outcome, count] : outcomes)
    if (outcome != Outcome::kJudged) failed += count;
  return failed;
}

absl::StatusOr<Tally> RunSweep(const Plan& plan, const RunOne& run_one,
                               const EngineOptions& options, analysis::ResultsFile& file) {
  Engine engine(plan, run_one, options, file);
  absl::Status status = engine.Begin();
  if (status.ok()) status = engine.Run();
  // What ended is kept, whatever else went wrong.
  status.Update(file.Commit());
  if (!status.ok()) return status;
  return engine.tally();
}

Job MakeJob(const Plan& plan, std::uint64_t run) {
  const Seeds& seeds = plan.sweep().seeds;
  Job job;
  job.run = run;
  job.point = run / seeds.count;
  job.seed = seeds.first + run % seeds.count;
  job.changes = plan.At(job.point).changes;
  job.changes.emplace_back("/run/seed", absl::StrCat(job.seed));
  return job;
}

core::ByteCount MemoryForEach() {
  const std::int64_t bytes = std::int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  const std::int64_t cores = sysconf(_SC_NPROCESSORS_ONLN);
  CHECK(bytes > 0);
  CHECK(cores > 0);
  return core::ByteCount(bytes / 10 * 8 / cores);
}

}  // namespace lockstep::sweep
