// Schedule agreement: see schedule_agreement.h.

#include "analysis/c3b/schedule_agreement.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::analysis {

using trace::Event;

namespace {

trace::Interest WantedBy(const StreamFacts& facts) {
  trace::Interest wants;
  wants.Add(core::Fact::kCarries, trace::Phase::kSent);
  if (facts.views().size() > 1) wants.Add(core::Fact::kStates, trace::Phase::kSent);
  return wants;
}

std::string OfView(const Event& event) {
  return event.epoch == 0 ? "" : absl::StrCat("of view ", event.epoch, " ");
}

}  // namespace

ScheduleChecker::ScheduleChecker(std::shared_ptr<StreamFacts> facts)
    : StreamChecker("S", "schedule agreement", facts, WantedBy(*facts)) {}

// Without stake, attempts that designate the sender are n_s apart; their receivers repeat after n_r
// of them.
bool ScheduleChecker::IsDesignated(const Schedule& schedule, std::uint64_t number,
                                   std::uint64_t sender, std::uint64_t receiver) {
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
  if (event.Is(core::Fact::kCarries, trace::Phase::kSent)) JudgeSend(event);
  if (event.Is(core::Fact::kStates, trace::Phase::kSent)) JudgeView(event);
}

void ScheduleChecker::JudgeView(const Event& statement) {
  const core::NodeId node = statement.node;
  if (!facts().receivers().Has(node) || !facts().IsCorrect(node)) return;
  // It went by what it knew when it listed the message.
  const auto age_ps = static_cast<std::int64_t>(statement.detail);
  if (age_ps < 0 || age_ps > statement.at.ps()) return;
  const core::Instant listed = core::Instant::FromPicoseconds(statement.at.ps() - age_ps);
  const std::uint64_t newest = facts().views()[facts().ToldBy(node, listed)].number;
  // What it was told at that very instant it may have heard before or after.
  const std::uint64_t oldest =
      listed == core::Instant()
          ? 0
          : facts()
                .views()[facts().ToldBy(node, core::Instant::FromPicoseconds(listed.ps() - 1))]
                .number;
  if (statement.epoch >= oldest && statement.epoch <= newest) return;
  Object(statement.at, node, [&] {
    return absl::StrCat(Host(node), " states that it goes by view ", statement.epoch,
                        ", and the newest that it was told of is ", newest);
  });
}

void ScheduleChecker::JudgeSend(const Event& event) {
  if (!facts().IsAcross(event.node, event.peer) || !facts().IsSound(event.node)) return;
  const std::optional<core::Run> run = RunOf(event, facts().period());
  if (!run || run->count == 0) return;  // Integrity's business.
  SetExercised();
  const std::uint64_t sender = event.node.value() - facts().senders().first.value();
  const std::uint64_t receiver = event.peer.value() - facts().receivers().first.value();
  const std::optional<std::size_t> view = facts().ViewNumbered(event.epoch);
  if (!view || event.at < facts().views()[*view].at) {
    Object(event.at, event.node, [&] {
      return absl::StrCat(Host(event.node), " states that it goes by view ", event.epoch,
                          ", which nobody has announced");
    });
    return;
  }
  const Schedule& schedule = facts().views()[*view].schedule;
  if (schedule.is_dense() && schedule.IsFirstPair(sender, receiver, *run)) return;
  // A run meets all the pairs that it meets within so many numbers.
  const std::uint64_t period = schedule.period();
  const std::uint64_t distinct = period / std::gcd(period, std::max<std::uint64_t>(run->stride, 1));
  std::optional<std::uint64_t> wrong;
  schedule.ForEachPart(run->Part(0, std::min(run->count, distinct)),
                       [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t) {
                         const std::uint64_t number = lane + schedule.lanes() * begin;
                         if (!wrong && !IsDesignated(schedule, number, sender, receiver))
                           wrong = number;
                       });
  if (!wrong) return;
  Object(event.at, event.node, [&] {
    return absl::StrCat(Host(event.node), " sends k′ ", *wrong, " to ", Host(event.peer),
                        ", which the schedule ", OfView(event), "never asks of it");
  });
}

const Oracle kScheduleOracle = {"S", &MakeStreamChecker<ScheduleChecker>};

}  // namespace lockstep::analysis
