// GC: no replica decides the same thing twice. Source: integrity of atomic broadcast and of
// consensus (Hadzilacos and Toueg 1994, section 3: every process delivers, or decides, at most
// once).

#pragma once

#include <memory>
#include <vector>

#include "absl/container/btree_map.h"

#include "analysis/smr/cluster_checker.h"
#include "analysis/smr/decision.h"

namespace lockstep::analysis {

// GC: what a replica notes as `committed` or `decided` it has not noted before in the same life.
// Exercised where anything was.
class DecisionOnceChecker final : public ClusterChecker {
 public:
  DecisionOnceChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster)
      : ClusterChecker("GC", "decisions at most once", std::move(recipe), cluster, DecisionNotes()),
        done_(this->cluster().size) {}

 private:
  // Values that follow each other are one interval, so a log without gaps costs nothing.
  struct Done {
    absl::btree_map<std::uint64_t, std::uint64_t> intervals;  // begin to end
    std::uint64_t forgotten_below = 0;
  };
  struct OfReplica {
    Done of_log;
    Done others;
  };
  void Judge(const trace::Event& event) override;
  void Add(Done& done, std::uint64_t begin, std::uint64_t end);
  static bool HasAny(const Done& done, std::uint64_t begin, std::uint64_t end);

  std::vector<OfReplica> done_;  // done_[index], of this life
};

extern const Oracle kDecisionOnceOracle;

}  // namespace lockstep::analysis
