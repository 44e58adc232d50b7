// S: who sends what to whom follows the schedule. Source: the Picsou paper, on who sends to whom.

#pragma once

#include <memory>

#include "analysis/c3b/stream_checker.h"
#include "analysis/oracle.h"

namespace lockstep::analysis {

// S: whatever a sender sends across that nothing worse than crashes has hit, there is an attempt in
// which the schedule designates it for that receiver. The schedule is a function of k′ and the
// attempt alone, so replicas that keep to it agree with each other, and their shares of the
// original sends are within one of what is due to them.
//
// Where views of the clusters are announced the schedule is that of the view that the message
// states, which must have been announced. What a correct replica says of the stream that it
// receives states the newest view that it was told of, neither a newer one nor, once it was told,
// an older one.
class ScheduleChecker final : public StreamChecker {
 public:
  explicit ScheduleChecker(std::shared_ptr<StreamFacts> facts);

 private:
  void Judge(const trace::Event& event) override;
  bool IsAnswerable(core::NodeId node) const override { return facts().IsSound(node); }
  // Whether the schedule ever has the sender send this k′ to the receiver.
  static bool IsDesignated(const Schedule& schedule, std::uint64_t number, std::uint64_t sender,
                           std::uint64_t receiver);
  void JudgeSend(const trace::Event& event);
  // That the view that a receiver states is the one that it knows of.
  void JudgeView(const trace::Event& statement);
};

extern const Oracle kScheduleOracle;

}  // namespace lockstep::analysis
