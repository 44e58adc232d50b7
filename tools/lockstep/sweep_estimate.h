// How long a sweep would take, from a few of its runs.
//
// The runs are made as the sweep makes them, in as many worker processes, and thrown away. They are
// spread over the points: the first, the last, the middle, and so on.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "tools/sweep/engine.h"
#include "tools/sweep/plan.h"

namespace lockstep::cli {

struct ProbedRun {
  std::uint64_t point = 0;
  double seconds = 0;
  std::uint64_t memory_kb = 0;  // greatest resident size of its worker
  bool has_ended = true;        // else it was stopped: it takes at least that long
};

struct SweepEstimate {
  std::vector<ProbedRun> runs;
  unsigned workers = 1;
  std::uint64_t runs_max = 0;  // of the shard
  // Of the whole shard, at most: the mean of what was probed times the runs, over the workers; and
  // the same of the ends of the mean's 95 % interval, within the least and the greatest probed.
  // None where nothing was probed.
  std::optional<double> seconds;
  std::optional<double> seconds_low;
  std::optional<double> seconds_high;
  bool is_at_least = false;     // a run was stopped, so that all of these are too short
  std::uint64_t memory_kb = 0;  // of all workers, where each is as large as the largest probed
};

struct ProbeOptions {
  unsigned workers = 1;
  std::chrono::milliseconds wall_max{10'000};  // for all of them
  std::function<bool()> is_interrupted;
};
// Of `runs_max` runs.
SweepEstimate Estimate(const sweep::Plan& plan, const sweep::RunOne& run_one,
                       std::uint64_t runs_max, const ProbeOptions& options);
// Fills the numbers of the estimate from its runs.
void Conclude(SweepEstimate& estimate);

// Lines for people, each with its newline.
std::string ToText(const SweepEstimate& estimate);
nlohmann::json ToJson(const SweepEstimate& estimate);

}  // namespace lockstep::cli
