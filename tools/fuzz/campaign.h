// One run after the other, out to worker processes: what a seed does to the program is a line, not
// the end.
//
// Runs are taken in the order of their seeds, whatever the order in which they end. What showed a
// new state is kept, and changed by later ones: by those of the next epoch at the earliest, so that
// the same seeds come to the same, whatever the number of workers.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "tools/fuzz/corpus.h"
#include "tools/fuzz/outcome.h"
#include "tools/fuzz/piece.h"
#include "tools/fuzz/thoroughness.h"

namespace lockstep::fuzz {

struct CampaignOptions {
  std::uint64_t seed = 0;                    // of the first run; then one more each
  std::optional<std::uint64_t> runs;         // how many
  std::optional<std::chrono::seconds> time;  // or for how long runs are begun
  unsigned workers = 1;
  std::function<bool()> is_interrupted;  // asked often
  bool is_until_failure = false;         // no run is taken after one that failed
  bool has_mutants = false;              // two runs of five change what was kept
  // A failure whose oracle or cause is one of these, or whose text has one, is counted, and is
  // none.
  std::vector<std::string> known;
};

struct FaultTally {
  std::uint64_t draws = 0;   // in which faults of this kind stood
  std::uint64_t bitten = 0;  // in which one of them had an effect
};

// Runs in which a message of this type was handed, and dropped.
struct TypeTally {
  std::uint64_t handed = 0;
  std::uint64_t dropped = 0;
};

struct Tally {
  std::uint64_t runs = 0;
  std::uint64_t mutants = 0;  // of these
  std::uint64_t to_heal = 0;
  std::uint64_t rounds = 0;
  std::uint64_t failures = 0;
  std::map<std::string, std::uint64_t> known;  // failures that are, by what they are known by
  std::map<std::string, std::uint64_t> verdicts;
  std::map<std::string, std::uint64_t> objections;  // runs, by who objects first, and to what
  std::map<std::string, TypeTally> types;           // by name
  std::map<std::uint64_t, std::uint64_t> replicas;  // runs, by the size of the cluster
  std::map<std::string, FaultTally> coverage;       // by kind of fault
  std::map<std::string, std::uint64_t> reached;     // runs, by what the protocol was brought to do
  Thoroughness thoroughness;
  std::uint64_t latest_new = 0;  // run, from 1, that was the last one to show a new state; 0: none
  std::chrono::duration<double> lasted{0};
  bool is_interrupted = false;
};

struct CampaignCalls {
  // Called in a worker: makes the run.
  std::function<Outcome(const Piece&)> run;
  // Called here, of what is to be kept: the scenario that was run.
  std::function<absl::StatusOr<nlohmann::json>(const Piece&)> scenario;
  // Called for each run, in order, with the tally so far. `is_failure`: it failed, and is not
  // known.
  std::function<void(const Piece&, const Outcome&, bool is_failure, const Tally&)> on_outcome;
};

// Makes the runs; `corpus` is what is changed at first, and gets what is new. Errors: no process
// can be made, or nothing can be kept.
absl::StatusOr<Tally> RunCampaign(const CampaignCalls& calls, const CampaignOptions& options,
                                  Corpus& corpus);

}  // namespace lockstep::fuzz
