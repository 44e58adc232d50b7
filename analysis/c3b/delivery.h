// L: what was transmitted is delivered in the end. Source: FAULTS.md section 2; papers/picsou.md a.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "analysis/c3b/stream_checker.h"
#include "analysis/oracle.h"
#include "protocols/core/seq_set.h"
#include "protocols/core/time.h"

namespace lockstep::analysis {

// L: what was transmitted by the heal is delivered by the end of the settling time, by every
// correct receiver ("all"), or each k′ by some correct receiver ("one").
//
// Transmitted: everything up to the greatest k′ that a correct sender had sent across by the heal,
// since the correct senders share the stream and k′ is dense.
class DeliveryChecker final : public StreamChecker {
 public:
  // `is_to_all`: by every correct receiver, or by some correct one.
  DeliveryChecker(std::shared_ptr<StreamFacts> facts, bool is_to_all);
  void Finish() override;

 private:
  void Judge(const trace::Event& event) override;
  std::uint64_t TransmittedByAny() const;
  void JudgeAll(std::uint64_t transmitted);
  void JudgeOne(std::uint64_t transmitted);

  bool is_to_all_;
  core::Instant cut_;
  core::Instant deadline_;
  bool is_run_long_enough_ = false;
  std::vector<std::uint64_t> sent_end_;  // sent_end_[index of the sender], by the cut
  // delivered_[index of the receiver], by the deadline, in any incarnation.
  std::vector<core::SeqSet> delivered_;
};

extern const Oracle kDeliveryOracle;

}  // namespace lockstep::analysis
