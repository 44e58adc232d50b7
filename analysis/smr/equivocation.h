// E: nobody says two things of one slot, in whatever life. Source: a promise, vote or acceptance
// binds its acceptor for ever (Paxos; Lamport 1998).

#pragma once

#include <memory>

#include "analysis/smr/cluster_checker.h"
#include "analysis/smr/slot_ledger.h"

namespace lockstep::analysis {

// E: of one slot a replica says one vote; at one ballot it proposes one value, and accepts one; and
// an owner proposes one batch, which it doesn't vote against. Restarts change nothing of that. What
// lies more than SlotLedger::kKept rounds behind the newest is compared no more.
class EquivocationChecker final : public ClusterChecker, SlotLedger::Watcher {
 public:
  EquivocationChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster,
                      std::shared_ptr<SlotLedger> slots);
  void Finish() override;

 private:
  void Judge(const trace::Event&) override {}
  void OnContradiction(const trace::Event& event, std::uint32_t replica, SlotName name,
                       SlotLedger::Act act) override;

  std::shared_ptr<SlotLedger> slots_;
};

extern const Oracle kEquivocationOracle;

}  // namespace lockstep::analysis
