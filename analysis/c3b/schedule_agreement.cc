// Schedule agreement: see schedule_agreement.h.

#include "analysis/c3b/schedule_agreement.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::analysis {

using trace::Event;

ScheduleChecker::ScheduleChecker(std::shared_ptr<StreamFacts> facts)
    : StreamChecker("S", "schedule agreement", std::move(facts),
                    trace::Interest().Add(core::Fact::kCarries, trace::Phase::kSent)) {}

// Attempts that designate the sender are n_s apart; their receivers repeat after n_r of them.
bool ScheduleChecker::IsDesignated(std::uint64_t number, std::uint64_t sender,
                                   std::uint64_t receiver) const {
  const Schedule& schedule = facts().schedule();
  const std::uint64_t lane = number % schedule.lanes();
  std::uint64_t attempt =
      schedule.Sender(lane, 0) == sender ? 0 : schedule.FirstAttemptOf(sender, lane);
  const std::uint64_t step = std::gcd(schedule.senders, schedule.receivers);
  // The receivers of these attempts are all that leave the same rest by the greatest common
  // divisor.
  return schedule.Receiver(lane, attempt) % step == receiver % step;
}

void ScheduleChecker::Judge(const Event& event) {
  if (!facts().IsAcross(event.node, event.peer) || !facts().IsSound(event.node)) return;
  const std::optional<core::Run> run = RunOf(event, facts().period());
  if (!run || run->count == 0) return;  // Integrity's business.
  SetExercised();
  const std::uint64_t sender = event.node.value() - facts().senders().first.value();
  const std::uint64_t receiver = event.peer.value() - facts().receivers().first.value();
  // A run meets each lane that it meets within so many numbers.
  const std::uint64_t lanes = facts().schedule().lanes();
  const std::uint64_t distinct = lanes / std::gcd(lanes, std::max<std::uint64_t>(run->stride, 1));
  for (std::uint64_t i = 0; i < std::min(run->count, distinct); ++i) {
    if (IsDesignated(run->At(i), sender, receiver)) continue;
    Object(event.at, event.node, [&] {
      return absl::StrCat(Host(event.node), " sends k′ ", run->At(i), " to ", Host(event.peer),
                          ", which the schedule never asks of it");
    });
    return;
  }
}

const Oracle kScheduleOracle = {"S", &MakeStreamChecker<ScheduleChecker>};

}  // namespace lockstep::analysis
