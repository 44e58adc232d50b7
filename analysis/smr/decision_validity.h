// GY: nothing is decided that was not proposed. Source: validity of consensus (Lamport 2006,
// "nontriviality").

#pragma once

#include <memory>
#include <vector>

#include "absl/container/btree_map.h"

#include "analysis/smr/cluster_checker.h"
#include "analysis/smr/decision.h"

namespace lockstep::analysis {

// GY: what a replica notes as `committed` or `decided` with a digest, some replica has noted as
// `proposed` before, with that digest. Exercised, and judged, from the first proposal on; a digest
// of 0, that nothing is to be done, needs none.
class DecisionValidityChecker final : public ClusterChecker {
 public:
  DecisionValidityChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster);

 private:
  static constexpr std::size_t kProposalsKept = 64;  // of one value
  void Judge(const trace::Event& event) override;
  void Propose(const trace::Event& event);

  absl::btree_map<std::uint64_t, std::vector<std::uint64_t>> proposed_;  // at most kDecisionsKept
  std::uint64_t forgotten_below_ = 0;
};

extern const Oracle kDecisionValidityOracle;

}  // namespace lockstep::analysis
