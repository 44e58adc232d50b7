// I: what is delivered is what was committed. Source: the Picsou paper, model.

#pragma once

#include <memory>

#include "analysis/c3b/stream_checker.h"
#include "analysis/oracle.h"

namespace lockstep::analysis {

// I: what a replica delivers that nothing worse than crashes has hit, the sending RSM had committed
// at that position, byte by byte.
//
// A rate-limited File RSM has committed k′ < floor(rate t) + 1 at t; an allowance of 1/1000 on t is
// for the clock of the host it runs on.
class IntegrityChecker final : public StreamChecker {
 public:
  explicit IntegrityChecker(std::shared_ptr<StreamFacts> facts);

 private:
  void Judge(const trace::Event& event) override;
  bool IsAnswerable(core::NodeId node) const override { return facts().IsSound(node); }
};

extern const Oracle kIntegrityOracle;

}  // namespace lockstep::analysis
