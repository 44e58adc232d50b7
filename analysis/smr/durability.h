// U: what a client was answered is never lost. Source: durability of acknowledged writes; without
// stable storage it rests on who is up (Michael et al. 2017).

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "analysis/smr/cluster_checker.h"
#include "analysis/smr/request_log.h"

namespace lockstep::analysis {

// U, in three parts:
// - when a client has an answer (`returned`), the log that has been committed orders its request;
// - a replica that has lost its memory takes part again (`rejoined`) only with a log that reaches
// as
//   far as anybody's did when it crashed;
// - at the end of a run that had time to settle, some replica that is up has a log that reaches as
//   far as any did when the last answer before the heal came. It need not have rejoined: it holds
//   what it has committed or taken over since its restart.
// Logs that reach so far hold the same (agreement.h, order.h), so that nothing in them is lost.
//
// A correct run keeps the second part: what was committed at the crash a quorum had accepted, one
// of whom is among those that answer whoever recovers; so its floor lies above it, and the floor is
// passed by executing it.
class DurabilityChecker final : public ClusterChecker, RequestLog::Watcher {
 public:
  DurabilityChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster,
                    std::shared_ptr<RequestLog> requests);
  void Finish() override;

 private:
  void Judge(const trace::Event& event) override;
  void OnUnordered(const trace::Event& event, const RequestLog::RequestName& request) override;

  struct Replica {
    std::uint64_t reach = 0;   // one past the last index that this life holds
    std::uint64_t needed = 0;  // what anybody held when the life before it ended
    bool is_up = true;
  };

  std::shared_ptr<RequestLog> requests_;
  core::Instant heal_;
  core::Instant deadline_;
  core::Instant end_;
  bool has_ended_ = false;
  std::uint64_t answered_end_ = 0;  // as far as anybody had committed by the heal
  std::vector<Replica> replicas_;
};

extern const Oracle kDurabilityOracle;

}  // namespace lockstep::analysis
