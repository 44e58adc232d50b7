// X: replicas commit the same at each index of the log. Source: the agreement property of state
// machine replication (Schneider 1990, section 3).

#pragma once

#include <memory>
#include <vector>

#include "analysis/smr/cluster_checker.h"
#include "analysis/smr/recent.h"

namespace lockstep::analysis {

// X: of what replicas note as `committed`, notes about the same indices have the same digest. Those
// that cut the log in other places cannot be compared, which is an objection, too: how it is cut is
// a function of the log.
class AgreementChecker final : public ClusterChecker {
 public:
  AgreementChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster);

 private:
  void Judge(const trace::Event& event) override;

  Recent said_;
  std::vector<std::uint64_t> next_;  // next_[replica]: the index after the last that it noted
};

extern const Oracle kAgreementOracle;

}  // namespace lockstep::analysis
