// The engine: the same rows whoever makes them, in whatever order, after whatever interruption.
//
// What a "run" is here is a few lines of arithmetic, or of mischief; sweep_command_test.cc sweeps
// real scenarios.

#include "tools/sweep/engine.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "nlohmann/json.hpp"

#include "analysis/results/results.h"
#include "tests/support/process.h"
#include "tools/sweep/findings.h"
#include "tools/sweep/plan.h"
#include "tools/sweep/sweep_file.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Outcome;
using analysis::ResultsFile;
using analysis::RunRow;
using nlohmann::json;
using sweep::Job;
using sweep::Plan;
using sweep::Sweep;
using sweep::Tally;

const std::vector<std::string> kMetrics = {"published_per_s"};

// A sweep over an empty scenario, with these keys besides.
Sweep SweepOf(const TemporaryFolder& folder, json keys) {
  keys["lockstep_sweep"] = 1;
  keys["name"] = "of a test";
  keys["why"] = "Tests.";
  keys["scenario"] = {{"lockstep", 1}, {"run", {{"seed", 1}}}, {"x", 0}, {"y", 0}};
  auto sweep = sweep::ReadSweep(folder.Write("sweep.json", keys.dump()), kMetrics);
  REQUIRE_MESSAGE(sweep.ok(), std::string(sweep.status().message()));
  return *std::move(sweep);
}

double SetTo(const Job& job, const std::string& pointer) {
  for (const auto& [at, value] : job.changes)
    if (at == pointer) return std::stod(value);
  return 0;
}

// Never returns, and lets no compiler conclude anything from that.
[[noreturn]] void Loop() {
  for (;;) std::this_thread::yield();
}

// A value that falls with x, and differs from seed to seed by up to 4.
RunRow Arithmetic(const Job& job) {
  RunRow row;
  row.outcome = Outcome::kJudged;
  row.verdict = "holds";
  row.is_as_expected = true;
  row.digest = "digest of " + std::to_string(job.run);
  row.metrics["published_per_s"] =
      1000 - 10 * SetTo(job, "/x") + static_cast<double>(job.seed * 7 % 5);
  return row;
}

// The same, but slower and not always in the same time.
RunRow Dawdling(const Job& job) {
  std::this_thread::sleep_for(std::chrono::milliseconds(1 + job.run * 5 % 7));
  return Arithmetic(job);
}

std::unique_ptr<ResultsFile> FileFor(const Plan& plan, const std::string& path) {
  analysis::ResultsHeader header;
  header.sweep = plan.sweep().document;
  header.name = plan.sweep().name;
  header.parameters = plan.names();
  header.revision = "r";
  header.toolchain = "t";
  header.points = plan.points();
  header.seeds = plan.sweep().seeds.count;
  auto file = ResultsFile::Create(path, header);
  REQUIRE_MESSAGE(file.ok(), std::string(file.status().message()));
  return *std::move(file);
}

Plan PlanOf(const Sweep& sweep) {
  auto plan = Plan::Make(sweep);
  REQUIRE_MESSAGE(plan.ok(), std::string(plan.status().message()));
  return *std::move(plan);
}

Tally RunTo(const Plan& plan, const sweep::RunOne& run_one, ResultsFile& file, unsigned workers,
            sweep::Shard shard = {}) {
  sweep::EngineOptions options;
  options.workers = workers;
  options.shard = shard;
  const auto tally = sweep::RunSweep(plan, run_one, options, file);
  REQUIRE_MESSAGE(tally.ok(), std::string(tally.status().message()));
  REQUIRE(file.Close().ok());
  return *tally;
}

// Everything in the file but speed, in order of runs.
std::vector<std::string> RowsOf(const std::string& path) {
  auto file = ResultsFile::OpenToRead(path);
  REQUIRE_MESSAGE(file.ok(), std::string(file.status().message()));
  std::vector<std::string> rows;
  const absl::Status status = (*file)->ForEachRun([&](RunRow row) {
    row.wall_us = 0;
    row.steps.reset();
    row.memory_kb.reset();
    rows.push_back(sweep::Encode(row));
    return true;
  });
  REQUIRE(status.ok());
  return rows;
}

const json kGrid = {{"axes",
                     {{{"name", "x"}, {"at", "/x"}, {"values", {0, 1, 2, 3, 4}}},
                      {{"name", "y"}, {"at", "/y"}, {"values", {0, 1, 2}}}}},
                    {"seeds", 4}};

}  // namespace

TEST_CASE("engine: one worker and three make the same rows") {
  const TemporaryFolder folder;
  const Sweep sweep = SweepOf(folder, kGrid);
  const Plan plan = PlanOf(sweep);
  const Tally one = RunTo(plan, Dawdling, *FileFor(plan, folder.File("1")), 1);
  CHECK(one.done == 60);
  RunTo(plan, Dawdling, *FileFor(plan, folder.File("3")), 3);
  CHECK(RowsOf(folder.File("1")).size() == 60);
  CHECK(RowsOf(folder.File("1")) == RowsOf(folder.File("3")));
}

TEST_CASE("engine: killed again and again, and gone on with, it makes the same rows") {
  const TemporaryFolder folder;
  const Sweep sweep = SweepOf(folder, kGrid);
  const Plan plan = PlanOf(sweep);
  RunTo(plan, Arithmetic, *FileFor(plan, folder.File("whole")), 2);
  REQUIRE(FileFor(plan, folder.File("killed"))->Close().ok());
  std::uint64_t kills = 0;
  for (int attempt = 0; attempt < 12; ++attempt) {
    const pid_t pid = fork();
    if (pid == 0) {
      auto file = ResultsFile::OpenToWrite(folder.File("killed"));
      sweep::EngineOptions options;
      options.workers = 2;
      const bool is_good = file.ok() && sweep::RunSweep(plan, Dawdling, options, **file).ok();
      _exit(is_good && (*file)->Close().ok() ? 0 : 1);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(60 + attempt * 13 % 50 + attempt * 10));
    kill(pid, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    if (WIFSIGNALED(status)) ++kills;
  }
  CHECK(kills > 0);
  auto file = ResultsFile::OpenToWrite(folder.File("killed"));
  REQUIRE_MESSAGE(file.ok(), std::string(file.status().message()));
  const Tally last = RunTo(plan, Arithmetic, **file, 2);
  CHECK(last.earlier + last.done == 60);
  CHECK(last.earlier > 0);
  CHECK(RowsOf(folder.File("killed")) == RowsOf(folder.File("whole")));
}

TEST_CASE("engine: what the machine ended is made again where that is asked for, and only that") {
  const TemporaryFolder folder;
  const Sweep sweep = SweepOf(folder, kGrid);
  const Plan plan = PlanOf(sweep);
  RunTo(plan, Arithmetic, *FileFor(plan, folder.File("whole")), 2);
  const auto mishaps = [](const Job& job) {
    if (job.run == 7) std::raise(SIGKILL);
    RunRow row = Arithmetic(job);
    if (job.run == 9) row.outcome = Outcome::kRefused;
    return row;
  };
  RunTo(plan, mishaps, *FileFor(plan, folder.File("f")), 2);
  const auto outcome = [&](std::uint64_t run) {
    auto file = ResultsFile::OpenToRead(folder.File("f"));
    REQUIRE(file.ok());
    return (*(*file)->FindRun(run))->outcome;
  };
  CHECK(outcome(7) == Outcome::kCrashed);

  const auto again = [&](bool retries) {
    auto file = ResultsFile::OpenToWrite(folder.File("f"));
    REQUIRE(file.ok());
    sweep::EngineOptions options;
    options.retries = retries;
    const auto tally = sweep::RunSweep(plan, Arithmetic, options, **file);
    REQUIRE_MESSAGE(tally.ok(), std::string(tally.status().message()));
    REQUIRE((*file)->Close().ok());
    return *tally;
  };
  CHECK(again(false).done == 0);
  const Tally retried = again(true);
  CHECK(retried.done == 1);
  CHECK(retried.earlier == 59);
  CHECK(retried.outcomes.count(Outcome::kCrashed) == 0);
  CHECK(outcome(7) == Outcome::kJudged);
  CHECK(outcome(9) == Outcome::kRefused);
  std::vector<std::string> rows = RowsOf(folder.File("f"));
  std::vector<std::string> whole = RowsOf(folder.File("whole"));
  rows.erase(rows.begin() + 9);
  whole.erase(whole.begin() + 9);
  CHECK(rows == whole);
}

TEST_CASE("engine: shards are disjoint, and merged they are the whole") {
  const TemporaryFolder folder;
  const Sweep sweep = SweepOf(folder, kGrid);
  const Plan plan = PlanOf(sweep);
  RunTo(plan, Arithmetic, *FileFor(plan, folder.File("whole")), 2);
  const auto merged = FileFor(plan, folder.File("merged"));
  std::uint64_t added = 0;
  for (std::uint64_t i = 1; i <= 4; ++i) {
    const std::string name = folder.File(std::to_string(i));
    RunTo(plan, Arithmetic, *FileFor(plan, name), 1, {i, 4});
    const auto shard = ResultsFile::OpenToRead(name);
    REQUIRE(shard.ok());
    const auto result = analysis::Merge(*merged, **shard);
    REQUIRE_MESSAGE(result.ok(), std::string(result.status().message()));
    CHECK(result->known == 0);
    added += result->added;
  }
  CHECK(added == 60);
  REQUIRE(merged->Close().ok());
  CHECK(RowsOf(folder.File("merged")) == RowsOf(folder.File("whole")));
}

TEST_CASE(
    "engine: a run that is refused, one that hangs, one that grows and one that crashes are rows") {
  const TemporaryFolder folder;
  const auto mischief = [](const Job& job) {
    RunRow row = Arithmetic(job);
    const double x = SetTo(job, "/x");
    if (x == 1) {
      row = {};
      row.outcome = Outcome::kRefused;
      row.error = "f.json: /x: want something else, not 1";
    }
    if (x == 2) Loop();
    std::vector<std::string> eaten;
    while (x == 3) eaten.emplace_back(1 << 20, 'x');
    if (x == 4) std::abort();
    return row;
  };
  const auto outcomes_of = [&](const json& values, const json& limits) {
    const Sweep sweep = SweepOf(
        folder,
        {{"axes", {{{"name", "x"}, {"at", "/x"}, {"values", values}}}}, {"limits", limits}});
    const Plan plan = PlanOf(sweep);
    const std::string name = folder.File(limits.begin().key());
    const Tally tally = RunTo(plan, mischief, *FileFor(plan, name), 2);
    CHECK_FALSE(tally.is_interrupted);
    const auto file = ResultsFile::OpenToRead(name);
    REQUIRE(file.ok());
    std::vector<Outcome> outcomes;
    const auto take = [&](const RunRow& row) {
      outcomes.push_back(row.outcome);
      CHECK(row.error.empty() == (row.outcome == Outcome::kJudged));
      return true;
    };
    REQUIRE((*file)->ForEachRun(take).ok());
    CHECK(tally.failed() == static_cast<std::uint64_t>(std::count_if(
                                outcomes.begin(), outcomes.end(),
                                [](Outcome outcome) { return outcome != Outcome::kJudged; })));
    return outcomes;
  };
  CHECK(outcomes_of({0, 1, 2, 4}, {{"wall", "3s"}}) ==
        std::vector<Outcome>{Outcome::kJudged, Outcome::kRefused, Outcome::kWallLimit,
                             Outcome::kCrashed});
  // Apart: pages may come so slowly that a wall limit is met first.
  CHECK(outcomes_of({0, 3}, {{"memory", "300MB"}}) ==
        std::vector<Outcome>{Outcome::kJudged, Outcome::kMemoryLimit});
}

TEST_CASE(
    "engine: seeds are added until the interval is narrow, the same for every number of workers") {
  const TemporaryFolder folder;
  const json rule = {
      {"first", 1},
      {"count", 40},
      {"until", {{"metric", "published_per_s"}, {"within", "0.1%"}, {"least", 3}, {"step", 2}}}};
  const Sweep sweep = SweepOf(
      folder,
      {{"axes", {{{"name", "x"}, {"at", "/x"}, {"values", {0, 50, 90}}}}}, {"seeds", rule}});
  const Plan plan = PlanOf(sweep);
  const Tally one = RunTo(plan, Dawdling, *FileFor(plan, folder.File("1")), 1);
  RunTo(plan, Dawdling, *FileFor(plan, folder.File("4")), 4);
  CHECK(RowsOf(folder.File("1")) == RowsOf(folder.File("4")));
  // More than the least, fewer than all; the smaller the mean, the more are needed for 0.1 % of it.
  CHECK(one.done > 9);
  CHECK(one.done < 120);
  std::vector<std::uint64_t> seeds(3, 0);
  const auto file = ResultsFile::OpenToRead(folder.File("1"));
  REQUIRE(file.ok());
  REQUIRE((*file)->ForEachRun([&](const RunRow& row) { return ++seeds[row.point] > 0; }).ok());
  CHECK(seeds[0] < seeds[1]);
  CHECK(seeds[1] <= seeds[2]);
}

TEST_CASE("engine: bisection finds the last value that holds, by few runs") {
  const TemporaryFolder folder;
  // 1000 - 10 x >= 0.6 (1000) up to x = 40.
  const Sweep sweep = SweepOf(
      folder,
      {{"axes",
        {{{"name", "y"}, {"at", "/y"}, {"values", {0, 1}}},
         {{"name", "x"}, {"at", "/x"}, {"from", 0}, {"to", 64}, {"count", 65}}}},
       {"seeds", 2},
       {"bisect", {{"axis", "x"}, {"holds", "published_per_s >= 0.6 first.published_per_s"}}}});
  const Plan plan = PlanOf(sweep);
  const Tally tally = RunTo(plan, Arithmetic, *FileFor(plan, folder.File("f")), 2);
  CHECK(tally.done < 2 * 2 * 10);
  const auto file = ResultsFile::OpenToRead(folder.File("f"));
  REQUIRE(file.ok());
  const auto thresholds = (*file)->Thresholds();
  REQUIRE(thresholds.ok());
  REQUIRE(thresholds->size() == 2);
  for (std::uint64_t group = 0; group < 2; ++group) {
    CHECK(thresholds->at(group).last_holding == 65 * group + 40);
    CHECK(thresholds->at(group).first_failing == 65 * group + 41);
  }
}

TEST_CASE("engine: a threshold may lie before the first value or beyond the last") {
  const TemporaryFolder folder;
  for (const bool is_easy : {true, false}) {
    const std::string holds = is_easy ? "published_per_s > 0" : "published_per_s > 5000";
    const Sweep sweep = SweepOf(
        folder, {{"axes", {{{"name", "x"}, {"at", "/x"}, {"from", 0}, {"to", 9}, {"count", 10}}}},
                 {"bisect", {{"axis", "x"}, {"holds", holds}}}});
    const Plan plan = PlanOf(sweep);
    const std::string name = folder.File(is_easy ? "easy" : "hard");
    CHECK(RunTo(plan, Arithmetic, *FileFor(plan, name), 2).done == 2);
    const auto thresholds = (*ResultsFile::OpenToRead(name))->Thresholds();
    REQUIRE(thresholds.ok());
    REQUIRE(thresholds->size() == 1);
    CHECK(thresholds->at(0).last_holding.has_value() == is_easy);
    CHECK(thresholds->at(0).first_failing.has_value() != is_easy);
  }
}

TEST_CASE(
    "engine: what a sweep expects is judged by verdict for each run and by mean for each point") {
  const TemporaryFolder folder;
  const Sweep sweep =
      SweepOf(folder, {{"axes", {{{"name", "x"}, {"at", "/x"}, {"values", {0, 20, 40}}}}},
                       {"seeds", 3},
                       {"expect",
                        {{{"verdict", "violated"}, {"when", "x == 0"}},
                         {{"that", "published_per_s >= 700"}, {"why", "it should"}},
                         {{"that", "published_per_s >= 900"}, {"when", "x == 0"}}}}});
  const Plan plan = PlanOf(sweep);
  const Tally tally = RunTo(plan, Arithmetic, *FileFor(plan, folder.File("f")), 2);
  // Three runs hold where a violation is expected.
  REQUIRE(tally.unexpected.count("holds") == 1);
  CHECK(tally.unexpected.at("holds") == 3);
  const auto file = ResultsFile::OpenToRead(folder.File("f"));
  REQUIRE(file.ok());
  const auto unmet = sweep::FindUnmet(plan, **file);
  REQUIRE(unmet.ok());
  REQUIRE(unmet->size() == 1);
  CHECK(unmet->at(0).point == 2);
  CHECK(unmet->at(0).where == "x=40");
  CHECK(unmet->at(0).why == "it should");
  CHECK(unmet->at(0).found.find("published_per_s=60") == 0);
}

TEST_CASE("engine: interrupted, it keeps what ended and says that there is more") {
  const TemporaryFolder folder;
  const Sweep sweep = SweepOf(folder, kGrid);
  const Plan plan = PlanOf(sweep);
  const auto file = FileFor(plan, folder.File("f"));
  std::uint64_t seen = 0;
  sweep::EngineOptions options;
  options.workers = 2;
  options.on_progress = [&](const Tally& tally) { seen = tally.done; };
  options.is_interrupted = [&] { return seen >= 10; };
  const auto tally = sweep::RunSweep(plan, Dawdling, options, *file);
  REQUIRE(tally.ok());
  CHECK(tally->is_interrupted);
  CHECK(tally->done >= 10);
  CHECK(tally->done < 60);
  REQUIRE(file->Close().ok());
  CHECK(RowsOf(folder.File("f")).size() == tally->done);
}

TEST_CASE("engine: a run that crashes as the sweep is interrupted is made again, not recorded") {
  const TemporaryFolder folder;
  const Sweep sweep = SweepOf(folder, kGrid);
  const Plan plan = PlanOf(sweep);
  const auto file = FileFor(plan, folder.File("f"));
  int asked = 0;
  sweep::EngineOptions options;
  options.is_interrupted = [&] { return ++asked > 1; };
  const auto crash = [](const Job&) -> RunRow { std::abort(); };
  const auto tally = sweep::RunSweep(plan, crash, options, *file);
  REQUIRE(tally.ok());
  CHECK(tally->is_interrupted);
  CHECK(tally->done == 0);
  REQUIRE(file->Close().ok());
  CHECK(RowsOf(folder.File("f")).empty());
}

TEST_CASE("engine: a metric that is no finite number is left out, and ends nothing") {
  const TemporaryFolder folder;
  const Sweep sweep = SweepOf(folder, json::object());
  const Plan plan = PlanOf(sweep);
  const auto divide = [](const Job& job) {
    RunRow row = Arithmetic(job);
    row.metrics["nan"] = std::numeric_limits<double>::quiet_NaN();
    row.metrics["infinite"] = std::numeric_limits<double>::infinity();
    return row;
  };
  CHECK(RunTo(plan, divide, *FileFor(plan, folder.File("f")), 1).failed() == 0);
  const auto file = ResultsFile::OpenToRead(folder.File("f"));
  REQUIRE(file.ok());
  const auto row = (*file)->FindRun(0);
  REQUIRE(row.ok());
  REQUIRE(row->has_value());
  CHECK((*row)->metrics.size() == 1);
}

}  // namespace lockstep::tests
