// One draw after the other, out to worker processes: what a seed does to the program is a line, not
// the end.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

#include "tools/fuzz/outcome.h"

namespace lockstep::fuzz {

struct CampaignOptions {
  std::uint64_t seed = 0;                    // of the first run; then one more each
  std::optional<std::uint64_t> runs;         // how many
  std::optional<std::chrono::seconds> time;  // or for how long runs are begun
  unsigned workers = 1;
  std::function<bool()> is_interrupted;  // asked often
};

struct Coverage {
  std::uint64_t draws = 0;   // in which faults of this kind stood
  std::uint64_t bitten = 0;  // in which one of them had an effect
};

struct Tally {
  std::uint64_t runs = 0;
  std::uint64_t to_heal = 0;
  std::uint64_t rounds = 0;
  std::uint64_t failures = 0;
  std::map<std::string, std::uint64_t> verdicts;
  std::map<std::uint64_t, std::uint64_t> replicas;  // runs, by the size of the cluster
  std::map<std::string, Coverage> coverage;         // by kind of fault
  std::map<std::string, std::uint64_t> reached;     // runs, by what the protocol was brought to do
  std::chrono::duration<double> lasted{0};
  bool is_interrupted = false;
};

// Called in a worker: makes the run of this seed.
using RunSeed = std::function<Outcome(std::uint64_t seed)>;
// Called for each run that has ended, in the order in which they do, with the tally so far.
using OnOutcome = std::function<void(std::uint64_t seed, const Outcome&, const Tally&)>;

// Makes the runs. Errors: no process can be made.
absl::StatusOr<Tally> RunCampaign(const RunSeed& run_seed, const CampaignOptions& options,
                                  const OnOutcome& on_outcome);

}  // namespace lockstep::fuzz
