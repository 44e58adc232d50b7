// Y: only what was proposed is committed, and only what clients have asked is executed. Source: the
// validity property of consensus (Lamport 2006, "nontriviality").

#pragma once

#include <memory>

#include "analysis/smr/cluster_checker.h"
#include "analysis/smr/request_log.h"

namespace lockstep::analysis {

// Y: where an index of the log holds something, the owner of that slot has proposed it, which is
// not known of one that is silent at times; and each
// request in it, which is to be executed there for the first time, some client has asked before;
// not known of the others that a fault makes ask the same.
// Judged where an index is committed first: the others commit the same (agreement.h).
class ValidityChecker final : public ClusterChecker, RequestLog::Watcher {
 public:
  ValidityChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster,
                  std::shared_ptr<RequestLog> requests);

 private:
  void Judge(const trace::Event& event) override;
  void OnUnproposed(const trace::Event& event, SlotName name) override;
  void OnUnasked(const trace::Event& event, SlotName name,
                 const RequestLog::RequestName& request) override;
  void OnForgotten() override { SetUnsure(); }

  bool is_crowded_;  // by clients that note nothing
  std::shared_ptr<RequestLog> requests_;
};

extern const Oracle kValidityOracle;

}  // namespace lockstep::analysis
