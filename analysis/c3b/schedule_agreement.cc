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

// Without stake, attempts that designate the sender are n_s apart; their receivers repeat after n_r
// of them.
bool ScheduleChecker::IsDesignated(std::uint64_t number, std::uint64_t sender,
                                   std::uint64_t receiver) const {
  const Schedule& schedule = facts().schedule();
  if (schedule.Sender(number, 0) == sender && schedule.Receiver(number, 0) == receiver) return true;
  if (schedule.has_stake() || schedule.is_artifact())
    return schedule.AttemptOf(sender, receiver, number) < schedule.pairings(number);
  const std::uint64_t attempt =
      schedule.Sender(number, 0) == sender ? 0 : schedule.FirstAttemptOf(sender, number);
  // Whose positions these are is not by index where the recipe says so: each is looked at.
  const std::uint64_t distinct =
      schedule.receivers() / std::gcd(schedule.senders(), schedule.receivers());
  for (std::uint64_t i = 0; i < distinct; ++i)
    if (schedule.Receiver(number, attempt + i * schedule.senders()) == receiver) return true;
  return false;
}

void ScheduleChecker::Judge(const Event& event) {
  if (!facts().IsAcross(event.node, event.peer) || !facts().IsSound(event.node)) return;
  const std::optional<core::Run> run = RunOf(event, facts().period());
  if (!run || run->count == 0) return;  // Integrity's business.
  SetExercised();
  const std::uint64_t sender = event.node.value() - facts().senders().first.value();
  const std::uint64_t receiver = event.peer.value() - facts().receivers().first.value();
  const Schedule& schedule = facts().schedule();
  if (schedule.is_dense() && schedule.IsFirstPair(sender, receiver, *run)) return;
  // A run meets all the pairs that it meets within so many numbers.
  const std::uint64_t period = schedule.period();
  const std::uint64_t distinct = period / std::gcd(period, std::max<std::uint64_t>(run->stride, 1));
  std::optional<std::uint64_t> wrong;
  schedule.ForEachPart(run->Part(0, std::min(run->count, distinct)),
                       [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t) {
                         const std::uint64_t number = lane + schedule.lanes() * begin;
                         if (!wrong && !IsDesignated(number, sender, receiver)) wrong = number;
                       });
  if (!wrong) return;
  Object(event.at, event.node, [&] {
    return absl::StrCat(Host(event.node), " sends k′ ", *wrong, " to ", Host(event.peer),
                        ", which the schedule never asks of it");
  });
}

const Oracle kScheduleOracle = {"S", &MakeStreamChecker<ScheduleChecker>};

}  // namespace lockstep::analysis
