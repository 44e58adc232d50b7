// Runs a sweep: jobs out to workers, rows into the results file.
//
// What a run is comes from outside, as a function that workers call; so the engine can be tried
// with work that crashes, hangs or grows. Rows are committed every 50 ms: whatever kills the engine
// takes the runs under way with it, and those that ended in that time.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/status/statusor.h"

#include "analysis/results/results.h"
#include "tools/sweep/campaign.h"
#include "tools/sweep/job.h"
#include "tools/sweep/plan.h"

namespace lockstep::sweep {

// How far a sweep is.
struct Tally {
  std::uint64_t runs_max = 0;                           // of this shard; no more than this
  std::uint64_t earlier = 0;                            // that were in the file before
  std::uint64_t done = 0;                               // and made now
  std::map<analysis::Outcome, std::uint64_t> outcomes;  // of both
  std::map<std::string, std::uint64_t> unexpected;      // verdicts that were not expected, of both
  bool is_interrupted = false;

  std::uint64_t failed() const;  // not judged
};

struct EngineOptions {
  unsigned workers = 1;
  Shard shard;
  // Makes again what the machine ended: wall limit, memory limit, crash. Its new row takes the
  // place of the old one; until then the old one stays.
  bool retries = false;
  std::function<bool()> is_interrupted;           // asked often
  std::function<void(const Tally&)> on_progress;  // called often
  // What is to be recorded, by name, and was not in the first run that was judged; told at once,
  // since the sweep may be long.
  std::function<void(const std::string&)> on_unrecorded;
};

// In a worker: makes the run that the job says. Fills what it knows of the row; the numbers of the
// run and its speed are the engine's.
using RunOne = std::function<analysis::RunRow(const Job&)>;

// Makes the runs of the shard that `file` does not have yet, and adds them to it; ends early where
// it is interrupted. What a run fails of is in its row. Errors: the file cannot be written (what
// was committed is safe), no process can be made.
absl::StatusOr<Tally> RunSweep(const Plan& plan, const RunOne& run_one,
                               const EngineOptions& options, analysis::ResultsFile& file);

// The job of one run.
Job MakeJob(const Plan& plan, std::uint64_t run);

// What one worker may use where the sweep says nothing: four fifths of the machine's memory, shared
// by as many workers as it has cores. Not by as many as there are, or --jobs would decide what
// fails.
core::ByteCount MemoryForEach();

}  // namespace lockstep::sweep
