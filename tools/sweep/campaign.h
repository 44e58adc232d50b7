// Which runs are still to be made.
//
// Seeds that are added until an interval is narrow, and the halves of a bisection, depend on what
// was measured, but never on the order in which runs end: what is wanted of a point is a function
// of its first seeds, and of the points that were looked at before it. So every number of workers,
// every resumed sweep and every machine make the same runs.
//
// A sweep without either is split into shards by run, one with by group of points.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

#include "analysis/results/results.h"
#include "tools/sweep/plan.h"

namespace lockstep::sweep {

struct Shard {
  std::uint64_t index = 1;  // from 1
  std::uint64_t count = 1;
};

class Campaign {
 public:
  // `plan` outlives it.
  Campaign(const Plan& plan, Shard shard);

  // A result: of the file that is gone on with, or one that was asked for. Each run once, and only
  // one that fits.
  void Take(const analysis::RunRow& row);
  // Whether such a run is one of the sweep; a file may hold anything. Errors name the run.
  absl::Status Fits(const analysis::RunRow& row) const;
  // The next run to be made; none while all that is left waits for results, or at the end.
  std::optional<std::uint64_t> Next();
  // Whether every run of this shard that is wanted is there.
  bool IsDone();

  // Runs of this shard that are there, and how many it may come to at most.
  std::uint64_t done() const { return done_; }
  std::uint64_t runs_max() const { return runs_max_; }
  // Calls `visit(run)` for the runs of this shard that are known to be wanted and are not there.
  void ForEachMissing(const std::function<void(std::uint64_t)>& visit) const;
  // Which of `count` shards makes a run, from 1.
  std::uint64_t ShardOf(std::uint64_t run, std::uint64_t count) const;
  // What the bisection found, for groups of this shard that are decided.
  std::vector<analysis::ThresholdRow> Thresholds() const;

 private:
  // What the formulas and the rule see of a run.
  struct Seen {
    bool is_judged = false;
    std::map<std::string, double> metrics;
  };
  // What is known of a group: runs it wants next, or its threshold.
  struct Standing {
    std::vector<std::uint64_t> wanted;
    analysis::ThresholdRow threshold;
  };

  bool IsOurs(std::uint64_t run) const { return ShardOf(run, shard_.count) == shard_.index; }
  bool IsThere(std::uint64_t run) const { return there_[run]; }
  std::vector<std::uint64_t> WantedOfPoint(std::uint64_t point) const;
  bool IsNarrow(std::uint64_t point, std::uint64_t seeds) const;
  std::map<std::string, double> Means(std::uint64_t point) const;
  bool Holds(std::uint64_t point, std::uint64_t first) const;
  Standing StandingOf(std::uint64_t group) const;

  const Plan& plan_;
  const std::uint64_t seeds_;  // of a point, at most
  const bool is_adaptive_;
  Shard shard_;
  std::vector<bool> there_;             // by run
  std::map<std::uint64_t, Seen> seen_;  // by run, where something depends on it
  std::set<std::uint64_t> under_way_;
  std::set<std::uint64_t> open_;  // groups that have begun and are not decided
  std::uint64_t cursor_ = 0;      // next run, or next group, to begin
  std::uint64_t done_ = 0;
  std::uint64_t runs_max_ = 0;
};

}  // namespace lockstep::sweep
