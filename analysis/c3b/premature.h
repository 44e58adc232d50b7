// R3: messages are not sent again too early.

#pragma once

#include <cstdint>
#include <memory>

#include "analysis/c3b/send_ledger.h"
#include "analysis/c3b/stream_checker.h"
#include "analysis/oracle.h"
#include "protocols/core/time.h"

namespace lockstep::analysis {

// R3: no more premature resends than the scenario allows.
class PrematureChecker final : public StreamChecker {
 public:
  PrematureChecker(std::shared_ptr<StreamFacts> facts, std::shared_ptr<const SendLedgers> ledger,
                   std::uint64_t allowed);
  void Finish() override;

 private:
  void Judge(const trace::Event& event) override;

  std::shared_ptr<const SendLedgers> ledger_;
  std::uint64_t allowed_;
  core::Instant last_;
};

extern const Oracle kPrematureOracle;

}  // namespace lockstep::analysis
