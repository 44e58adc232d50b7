// T: a stream is no slower than its scenario says.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "analysis/c3b/stream_checker.h"
#include "analysis/oracle.h"
#include "protocols/core/seq_set.h"

namespace lockstep::analysis {

// T: in the time that is measured, from the end of the warm-up on, correct receivers have delivered
// at least so many different messages a second, rounded down.
class ThroughputChecker final : public StreamChecker {
 public:
  ThroughputChecker(std::shared_ptr<StreamFacts> facts, std::uint64_t floor_per_s);
  void Finish() override;

 private:
  void Judge(const trace::Event& event) override;

  std::uint64_t floor_per_s_;
  core::SeqSet delivered_;      // by anybody who was correct then
  std::uint64_t measured_ = 0;  // of these, since the warm-up
  std::optional<core::Instant> end_;
};

extern const Oracle kThroughputOracle;

}  // namespace lockstep::analysis
