// O: each replica commits index after index, without a gap. Source: as agreement.h.

#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "analysis/smr/cluster_checker.h"

namespace lockstep::analysis {

// O: the indices of a replica's `committed` notes follow each other; an incarnation begins at 0, or
// where it notes that it has taken over a state (`installed`), which never lies behind.
class OrderChecker final : public ClusterChecker {
 public:
  OrderChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster);

 private:
  void Judge(const trace::Event& event) override;

  std::vector<std::uint64_t> next_;  // next_[replica]: the index that it commits next
};

extern const Oracle kOrderOracle;

}  // namespace lockstep::analysis
