// F: who has lost its memory keeps away from what it may have done. Source: recovery of acceptors
// without stable storage (Michael et al. 2017, "Recovering shared objects without stable storage").

#pragma once

#include <memory>

#include "analysis/smr/cluster_checker.h"
#include "analysis/smr/slot_ledger.h"

namespace lockstep::analysis {

// F, of protocols whose restarts lose the memory: after a restart a replica votes, proposes,
// accepts and promises nothing at or below the highest round on which an earlier life of it has
// said that it did. Asking for promises is not seen: what is proposed upon them is.
class AbstentionChecker final : public ClusterChecker, SlotLedger::Watcher {
 public:
  AbstentionChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster,
                    std::shared_ptr<SlotLedger> slots);
  void Finish() override;

 private:
  void Judge(const trace::Event&) override {}
  void OnForgottenAct(const trace::Event& event, std::uint32_t replica,
                      std::uint64_t forgotten) override;

  std::shared_ptr<SlotLedger> slots_;
};

extern const Oracle kAbstentionOracle;

}  // namespace lockstep::analysis
