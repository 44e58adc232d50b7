// D: nothing is delivered twice. Source: the Picsou paper, model.

#pragma once

#include <memory>
#include <vector>

#include "analysis/c3b/stream_checker.h"
#include "analysis/oracle.h"
#include "protocols/core/seq_set.h"

namespace lockstep::analysis {

// D: one incarnation of a replica that nothing worse than crashes has hit delivers no k′ twice.
class DuplicateChecker final : public StreamChecker {
 public:
  explicit DuplicateChecker(std::shared_ptr<StreamFacts> facts);

 private:
  void Judge(const trace::Event& event) override;
  bool IsAnswerable(core::NodeId node) const override { return facts().IsSound(node); }

  std::vector<core::SeqSet> delivered_;  // delivered_[index of the receiver], by this incarnation
};

extern const Oracle kDuplicateOracle;

}  // namespace lockstep::analysis
