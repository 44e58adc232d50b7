// What has been seen of a cluster of Chora-R from outside, and whether it fits together: one
// decision and one batch for each slot, one order of execution, a quorum of holders for what was
// decided.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "protocols/chora/board.h"
#include "protocols/core/effects.h"

namespace lockstep::tests {

class Witness {
 public:
  Witness(std::uint32_t replicas, std::uint32_t quorum) : replicas_(replicas), quorum_(quorum) {}

  // Looks at what a replica holds; says what contradicts anything seen before, in any life.
  std::string See(std::uint32_t replica, const chora::Board& board);
  // Takes a note of what was executed, or of the state after it.
  std::string Hear(const core::effect::Note& note);
  // Whoever accepts a batch holds it, so that a quorum has held what was decided; to be asked when
  // all have been looked at.
  std::string CheckQuorums();

  // Slots of which a decision has been seen.
  std::uint64_t decisions() const { return decisions_; }
  // One past the last round of which anything has been seen, and the lanes decided for their batch.
  std::uint64_t rounds() const { return rounds_.size(); }
  std::uint64_t BatchesOf(std::uint64_t round) const { return rounds_[round].batches; }

 private:
  struct Round {
    std::uint64_t decided = 0;
    std::uint64_t batches = 0;
    std::vector<std::uint64_t> digests;  // digests[lane] of the batch that was made; 0: none seen
    std::vector<std::uint64_t> holders;  // holders[lane]: replicas that have ever held it
  };
  static std::string Agree(std::map<std::uint64_t, std::uint64_t>& known,
                           const core::effect::Note& note, const std::string& what);

  std::uint32_t replicas_;
  std::uint32_t quorum_;
  std::uint64_t decisions_ = 0;
  std::vector<Round> rounds_;
  std::vector<chora::SlotName> fresh_;  // decided for their batch since a quorum was looked for
  std::map<std::uint64_t, std::uint64_t> committed_;  // position -> digest
  std::map<std::uint64_t, std::uint64_t> states_;
};

}  // namespace lockstep::tests
