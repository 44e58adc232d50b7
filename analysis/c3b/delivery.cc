// Eventual delivery: see delivery.h.

#include "analysis/c3b/delivery.h"

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace lockstep::analysis {

using trace::Event;
using trace::EventKind;

DeliveryChecker::DeliveryChecker(std::shared_ptr<StreamFacts> facts, bool is_to_all)
    : StreamChecker("L", "eventual delivery", facts,
                    trace::Interest(Bit(EventKind::kEnd))
                        .Add(core::Fact::kCarries, trace::Phase::kSent)
                        .Add(core::NoteKind::kDelivered)),
      is_to_all_(is_to_all),
      cut_(facts->recipe().heal),
      deadline_(facts->recipe().heal + facts->recipe().settle),
      sent_end_(facts->senders().size, 0),
      delivered_(facts->receivers().size, core::SeqSet(facts->period())) {}

std::uint64_t DeliveryChecker::TransmittedByAny() const {
  return *std::max_element(sent_end_.begin(), sent_end_.end());
}

void DeliveryChecker::Judge(const Event& event) {
  if (event.kind == EventKind::kEnd) {
    is_run_long_enough_ = event.value == 0 && event.at >= deadline_;
  } else if (event.Is(core::Fact::kCarries, trace::Phase::kSent)) {
    if (event.at > cut_ || !facts().IsAcross(event.node, event.peer)) return;
    const std::optional<core::Run> run = RunOf(event);
    if (!run) return;
    std::uint64_t& end = sent_end_[event.node.value() - facts().senders().first.value()];
    end = std::max(end, run->Last() + 1);
  } else if (event.Is(core::NoteKind::kDelivered)) {
    if (event.at > deadline_ || !facts().receivers().Has(event.node)) return;
    const std::optional<core::Run> run = RunOf(event);
    // After the cut, what was not transmitted by then is of no interest.
    if (!run || (event.at > cut_ && run->first >= TransmittedByAny())) return;
    delivered_[event.node.value() - facts().receivers().first.value()].Insert(*run);
  }
}

void DeliveryChecker::Finish() {
  std::uint64_t transmitted = 0;
  for (std::uint64_t i = 0; i < sent_end_.size(); ++i) {
    if (facts().IsCorrect(facts().senders().Replica(i))) {
      transmitted = std::max(transmitted, sent_end_[i]);
    }
  }
  if (transmitted == 0 || !is_run_long_enough_) return;
  if (is_to_all_) {
    JudgeAll(transmitted);
  } else {
    JudgeOne(transmitted);
  }
}

void DeliveryChecker::JudgeAll(std::uint64_t transmitted) {
  for (std::uint64_t i = 0; i < delivered_.size(); ++i) {
    const core::NodeId receiver = facts().receivers().Replica(i);
    if (!facts().IsCorrect(receiver)) continue;
    SetExercised();
    const std::uint64_t frontier = delivered_[i].Frontier();
    if (frontier >= transmitted) continue;
    Object(deadline_, receiver, [&] {
      return absl::StrCat(Host(receiver), " has not delivered k′ ", frontier, ", though all below ",
                          transmitted, " was transmitted by the heal");
    });
  }
}

void DeliveryChecker::JudgeOne(std::uint64_t transmitted) {
  core::SeqSet together(facts().period());
  for (std::uint64_t i = 0; i < delivered_.size(); ++i) {
    if (!facts().IsCorrect(facts().receivers().Replica(i))) continue;
    SetExercised();
    const std::uint64_t frontier = delivered_[i].Frontier();
    together.Insert(core::Run{0, frontier, 1});
    delivered_[i].ForEachHeld(frontier, transmitted,
                              [&](const core::Run& run) { together.Insert(run); });
  }
  if (together.Frontier() >= transmitted) return;
  Object(deadline_, std::nullopt, [&] {
    return absl::StrCat("no correct receiver has delivered k′ ", together.Frontier(),
                        ", though all below ", transmitted, " was transmitted by the heal");
  });
}

namespace {

// {"to": "all"} or {"to": "one"}.
absl::StatusOr<std::unique_ptr<Checker>> Make(const Charge& charge) {
  const absl::StatusOr<std::shared_ptr<StreamFacts>> facts = FactsFor(charge);
  if (!facts.ok()) return facts.status();
  const nlohmann::json to = charge.promise.parameters.value("to", nlohmann::json());
  if (to != "all" && to != "one") {
    return absl::InvalidArgumentError(R"(want the parameter "to" as "all" or "one")");
  }
  return std::make_unique<DeliveryChecker>(*facts, to == "all");
}

}  // namespace

const Oracle kDeliveryOracle = {"L", &Make};

}  // namespace lockstep::analysis
