// R2: messages are not sent again too often.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "analysis/c3b/send_ledger.h"
#include "analysis/c3b/stream_checker.h"
#include "analysis/measured.h"
#include "analysis/oracle.h"
#include "protocols/core/time.h"

namespace lockstep::analysis {

// R2: a message is sent no more often than the faults of both sides can make necessary. SendLedger
// says what that means, and send_bound.h how often that is. Nobody is excused: the bound is about
// all sends together.
class ResendBoundChecker final : public StreamChecker, public Measured {
 public:
  ResendBoundChecker(std::shared_ptr<StreamFacts> facts, std::shared_ptr<const SendLedgers> ledger);
  void Finish() override;
  // Resends, and those of them that came too early.
  std::vector<std::uint64_t> counts() const override {
    return {ledger_->resends(), ledger_->premature()};
  }
  // {"settled_by_attempt": [messages that their first send settled, attempt 1, ...]}
  nlohmann::json Details() const override;

 private:
  void Judge(const trace::Event& event) override;
  void ObjectToExcess();

  std::shared_ptr<const SendLedgers> ledger_;
  core::Instant last_;
};

extern const Oracle kResendBoundOracle;

}  // namespace lockstep::analysis
