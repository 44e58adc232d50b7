// V: whatever is committed has a quorum of witnesses. Source: quorum intersection, as in Paxos
// (Lamport 1998, condition B2 and B3).

#pragma once

#include <cstdint>
#include <memory>

#include "analysis/smr/cluster_checker.h"
#include "analysis/smr/slot_ledger.h"

namespace lockstep::analysis {

// V: where a slot is committed first, more than half of the replicas have *said* that they vote for
// the batch, or at one ballot above that they accept the value that is committed; and a batch is
// held by so many. Whoever votes for a batch, or accepts one, holds it; that of its own lane need
// not have been heard of, where the replica is silent at times.
//
// One of the witnesses may have kept its word to itself: a replica decides by its own vote or
// acceptance before it has told anybody. That one is who commits, or who has said that the slot is
// decided, unless it has said something else of the slot.
//
// A lane that is not active (`lanes`) needs no witness for being empty.
class QuorumWitnessChecker final : public ClusterChecker, SlotLedger::Watcher {
 public:
  QuorumWitnessChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster,
                       std::shared_ptr<SlotLedger> slots);

  std::vector<std::uint64_t> counts() const override { return {committed_, empty_}; }

 private:
  // The replicas that have said it, and those that have said something else.
  struct Witnesses {
    std::uint64_t by = 0;
    std::uint64_t against = 0;
  };

  void Judge(const trace::Event& event) override;
  void OnUnheld(const trace::Event& event, std::uint32_t replica, SlotName name,
                SlotLedger::Act act) override;
  void JudgeSlot(const trace::Event& event, SlotName name, bool is_batch);
  Witnesses VotersFor(SlotName name) const;
  // `silent`: who may have decided by a word that it has not said.
  bool IsQuorum(const Witnesses& witnesses, std::uint64_t silent) const;
  bool IsWitnessed(const SlotSaid& slot, SlotName name, std::uint32_t committer,
                   bool is_batch) const;
  std::uint64_t quorum() const { return cluster().size / 2 + 1; }

  std::shared_ptr<SlotLedger> slots_;
  std::uint64_t judged_end_ = 0;  // one past the last index that has been committed
  std::uint64_t committed_ = 0;   // slots, each once
  std::uint64_t empty_ = 0;       // of these, for nothing or with a batch of no commands
};

extern const Oracle kQuorumWitnessOracle;

}  // namespace lockstep::analysis
