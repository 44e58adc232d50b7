// GX: nobody decides otherwise than somebody else. Source: agreement of consensus and of atomic
// commitment (Skeen 1981, section 2: no two sites decide differently).

#pragma once

#include <memory>

#include "absl/container/btree_map.h"

#include "analysis/smr/cluster_checker.h"
#include "analysis/smr/decision.h"

namespace lockstep::analysis {

// GX: of what replicas note as `committed` or `decided`, in whatever life, notes about the same
// have the same outcome. Exercised where two replicas decide the same thing.
class DecisionAgreementChecker final : public ClusterChecker {
 public:
  DecisionAgreementChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster)
      : ClusterChecker("GX", "agreement of decisions", std::move(recipe), cluster,
                       DecisionNotes()) {}

 private:
  struct First {
    Outcome outcome;
    core::NodeId by;
  };
  void Judge(const trace::Event& event) override;

  absl::btree_map<Place, First> first_;  // at most kDecisionsKept
  Place forgotten_;  // the greatest that is; nothing where has_forgotten_ is not
  bool has_forgotten_ = false;
};

extern const Oracle kDecisionAgreementOracle;

}  // namespace lockstep::analysis
