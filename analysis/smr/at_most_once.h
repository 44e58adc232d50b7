// C: no request is executed twice. Source: as request_log.h.

#pragma once

#include <memory>

#include "analysis/smr/cluster_checker.h"
#include "analysis/smr/request_log.h"

namespace lockstep::analysis {

// C: what a replica says that it has executed (`executed`) are the requests that the log orders
// there for the first time, each once, in order, and no others. What lies more than
// RequestLog::kKept stretches behind the newest is not judged again: who comes to it late has
// committed the same (agreement.h) and is in the same state (state_hash.h).
class AtMostOnceChecker final : public ClusterChecker {
 public:
  AtMostOnceChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster,
                    std::shared_ptr<RequestLog> requests);

 private:
  void Judge(const trace::Event& event) override;

  std::shared_ptr<RequestLog> requests_;
};

extern const Oracle kAtMostOnceOracle;

}  // namespace lockstep::analysis
