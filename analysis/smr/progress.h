// P: once faults have ended, replicas go on, together, and clients are answered. Source: liveness
// after global stabilisation (Dwork, Lynch and Stockmeyer 1988).

#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "analysis/smr/cluster_checker.h"
#include "analysis/smr/request_log.h"

namespace lockstep::analysis {

// P, at the end of a run that lasts until heal + settle:
// - every slot of a round on which anybody had acted by the heal is committed by each replica that
//   is judged, and so is what anybody had committed by half of the time to settle;
// - what clients had asked by the heal has been answered, but for clients whose machine went down,
//   or is silent at times.
//   What clients on machines of their own ask may be lost on its way: they are judged where the
//   time to settle lets them ask kRetries times more. And all are where it is kRetries times what
//   others waited who asked after the heal, and were answered in the second half; not where only
//   older requests were answered then. Who floods replicas with more than they can carry is slow,
//   and not stuck. Those that had no answer and are not judged are counted.
// Not put to the test where the second half is shorter than kRounds rounds. Judged are replicas
// that are up, never silent and, if they have lost their memory, have rejoined. One that has
// said nothing of any slot for half of the time to settle stands still, as in a pause that lasts,
// and is as good as dead; if so many do that fewer than a quorum is left, that is an objection.
class ProgressChecker final : public ClusterChecker, RequestLog::Watcher {
 public:
  static constexpr std::int64_t kRetries = 8;
  static constexpr std::int64_t kRounds = 16;

  // `retry`: how long clients on machines of their own wait with asking again. `round`: how often
  // replicas speak at least.
  ProgressChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster,
                  std::shared_ptr<SlotLedger> slots, std::shared_ptr<RequestLog> requests,
                  core::Duration retry, core::Duration round);
  void Finish() override;
  std::vector<std::uint64_t> counts() const override { return {unjudged_}; }
  std::string_view cause() const override { return cause_; }

 private:
  void Judge(const trace::Event& event) override;
  void OnAnswered(const trace::Event& event, core::Instant asked_at) override;
  void JudgeReplicas();
  void JudgeClients();

  struct Replica {
    std::uint64_t reach = 0;  // one past the last index that it holds
    bool is_up = true;
    bool has_rejoined = true;
  };

  std::shared_ptr<SlotLedger> slots_;
  std::shared_ptr<RequestLog> requests_;
  core::Duration retry_;
  core::Duration round_;
  core::Instant heal_;
  core::Instant half_;  // of the time to settle
  core::Instant deadline_;
  core::Instant end_;
  bool has_ended_ = false;
  // Of those who were answered in the second half: whether some had asked before the heal, and how
  // long others waited at most.
  bool has_answered_old_ = false;
  core::Duration longest_wait_;
  std::string_view cause_;               // the gravest so far
  std::uint64_t unjudged_ = 0;           // requests asked by the heal, without an answer
  std::uint64_t committed_by_half_ = 0;  // indices, by anybody
  std::vector<Replica> replicas_;
};

extern const Oracle kProgressOracle;

}  // namespace lockstep::analysis
