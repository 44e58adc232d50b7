// H: replicas that have executed the same prefix of the log are in the same state. Source: as
// agreement.h; the machines are deterministic.

#pragma once

#include <memory>

#include "analysis/smr/cluster_checker.h"
#include "analysis/smr/recent.h"

namespace lockstep::analysis {

// H: `state` notes at equal indices have equal digests.
class StateHashChecker final : public ClusterChecker {
 public:
  StateHashChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster);

 private:
  void Judge(const trace::Event& event) override;

  Recent said_;
};

extern const Oracle kStateHashOracle;

}  // namespace lockstep::analysis
