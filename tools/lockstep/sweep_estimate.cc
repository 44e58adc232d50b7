// Estimates of sweeps: see sweep_estimate.h.

#include "tools/lockstep/sweep_estimate.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "analysis/results/results.h"
#include "analysis/results/statistics.h"
#include "tools/lockstep/quantity.h"
#include "tools/lockstep/sweep_progress.h"
#include "tools/sweep/job.h"
#include "tools/sweep/pool.h"

namespace lockstep::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Enough to see how much points differ, and few enough to wait for.
constexpr std::size_t kProbesMost = 16;

// The first, the last, the middle, the middles of the halves, ...: each once.
std::vector<std::uint64_t> Spread(std::uint64_t points) {
  std::vector<std::uint64_t> chosen;
  const auto add = [&](std::uint64_t point) {
    if (chosen.size() < kProbesMost && std::ranges::count(chosen, point) == 0)
      chosen.push_back(point);
  };
  add(0);
  add(points - 1);
  for (std::uint64_t parts = 2; parts <= 2 * kProbesMost; parts *= 2)
    for (std::uint64_t part = 1; part < parts; part += 2) add((points - 1) * part / parts);
  for (std::uint64_t point = 0; point < std::min<std::uint64_t>(points, kProbesMost); ++point)
    add(point);
  return chosen;
}

double Seconds(std::chrono::microseconds wall) {
  return std::chrono::duration<double>(wall).count();
}

// Before it began, which says nothing about those that begin.
bool IsRefused(const sweep::WorkResult& result) {
  return result.ending == sweep::WorkEnding::kAnswered &&
         sweep::DecodeRow(result.answer).outcome == analysis::Outcome::kRefused;
}

std::string SecondsText(double seconds) {
  return seconds < 60 ? TimeText(seconds * 1e6) : LongTime(seconds);
}

}  // namespace

SweepEstimate Estimate(const sweep::Plan& plan, const sweep::RunOne& run_one,
                       std::uint64_t runs_max, const ProbeOptions& options) {
  SweepEstimate estimate;
  estimate.workers = options.workers;
  estimate.runs_max = runs_max;
  const Clock::time_point end = Clock::now() + options.wall_max;
  // What is begun late would only be stopped.
  const Clock::time_point last_start = end - options.wall_max / 2;
  sweep::PoolOptions pool_options;
  pool_options.workers = options.workers;
  pool_options.wall_max = options.wall_max;
  pool_options.memory_max = plan.sweep().limits.memory.value_or(sweep::MemoryForEach());
  sweep::Pool pool(
      [&](const std::string& job) { return sweep::Encode(run_one(sweep::DecodeJob(job))); },
      pool_options);
  const std::vector<std::uint64_t> points = Spread(plan.points());
  std::map<std::uint64_t, Clock::time_point> under_way;  // by point: since when
  std::size_t next = 0;
  while (Clock::now() < end && !options.is_interrupted()) {
    while (next < points.size() && pool.HasIdle() && Clock::now() < last_start) {
      const std::uint64_t point = points[next++];
      const sweep::Job job = sweep::MakeJob(plan, point * plan.sweep().seeds.count);
      if (!pool.Start(point, sweep::Encode(job)).ok()) continue;
      under_way.emplace(point, Clock::now());
    }
    if (under_way.empty()) break;
    for (const sweep::WorkResult& result : pool.Wait(milliseconds(50))) {
      under_way.erase(result.id);
      if (IsRefused(result)) continue;
      estimate.runs.push_back({result.id, Seconds(result.wall), result.memory_kb,
                               result.ending != sweep::WorkEnding::kWallMax});
    }
  }
  for (const auto& [point, since] : under_way) {
    const auto wall = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - since);
    estimate.runs.push_back({point, Seconds(wall), 0, /*has_ended=*/false});
  }
  Conclude(estimate);
  return estimate;
}

void Conclude(SweepEstimate& estimate) {
  if (estimate.runs.empty()) return;
  std::vector<double> seconds;
  for (const ProbedRun& run : estimate.runs) {
    seconds.push_back(run.seconds);
    estimate.is_at_least |= !run.has_ended;
    estimate.memory_kb = std::max(estimate.memory_kb, run.memory_kb * estimate.workers);
  }
  const analysis::Mean mean = analysis::MeanOf(seconds);
  const double half = analysis::HalfWidth(mean).value_or(0);
  const auto [least, greatest] = std::ranges::minmax(seconds);
  const double rounds = std::ceil(static_cast<double>(estimate.runs_max) / estimate.workers);
  estimate.seconds = mean.mean * rounds;
  estimate.seconds_low = std::max(least, mean.mean - half) * rounds;
  estimate.seconds_high = std::min(greatest, mean.mean + half) * rounds;
}

std::string ToText(const SweepEstimate& estimate) {
  if (!estimate.seconds) return "  time: no run was tried\n";
  const auto [least, greatest] = std::ranges::minmax(estimate.runs, {}, &ProbedRun::seconds);
  const auto stopped =
      std::ranges::count_if(estimate.runs, [](const ProbedRun& run) { return !run.has_ended; });
  std::string text = absl::StrCat("  time: ", estimate.is_at_least ? "at least " : "about ",
                                  SecondsText(*estimate.seconds));
  if (!estimate.is_at_least && *estimate.seconds_high > *estimate.seconds_low)
    absl::StrAppend(&text, ", ", SecondsText(*estimate.seconds_low), " to ",
                    SecondsText(*estimate.seconds_high));
  absl::StrAppend(&text, ", with --jobs ", estimate.workers, ": ", estimate.runs.size(),
                  estimate.runs.size() == 1 ? " run" : " runs", " spread over the points took ",
                  SecondsText(least.seconds));
  if (greatest.seconds > least.seconds)
    absl::StrAppend(&text, " to ", SecondsText(greatest.seconds));
  if (stopped > 0) absl::StrAppend(&text, ", of which ", stopped, " had not ended");
  text += "\n";
  if (estimate.memory_kb > 0)
    absl::StrAppend(&text, "  memory: ", SizeText(static_cast<double>(estimate.memory_kb) * 1024),
                    ", all workers at the size of the largest of these runs\n");
  return text;
}

nlohmann::json ToJson(const SweepEstimate& estimate) {
  nlohmann::json json = {{"jobs", estimate.workers}, {"runs", nlohmann::json::array()}};
  for (const ProbedRun& run : estimate.runs)
    json["runs"].push_back({{"point", run.point},
                            {"seconds", run.seconds},
                            {"memory_kb", run.memory_kb},
                            {"ended", run.has_ended}});
  if (!estimate.seconds) return json;
  json["seconds"] = *estimate.seconds;
  json["seconds_low"] = *estimate.seconds_low;
  json["seconds_high"] = *estimate.seconds_high;
  json["at_least"] = estimate.is_at_least;
  json["memory_kb"] = estimate.memory_kb;
  return json;
}

}  // namespace lockstep::cli
