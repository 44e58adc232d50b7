// QUACK soundness: see quack.h.

#include "analysis/c3b/quack.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::analysis {

using trace::Event;
using trace::EventKind;

QuackChecker::QuackChecker(std::shared_ptr<StreamFacts> facts)
    : StreamChecker("Q", "QUACK soundness", std::move(facts),
                    trace::Interest(Bit(EventKind::kFaulty)).Add(core::NoteKind::kQuacked)) {}

void QuackChecker::Judge(const Event& event) {
  if (event.kind == EventKind::kFaulty && facts().receivers().Has(event.node)) {
    // As good as one holder less for every QUACK so far, whoever held it.
    if (fewest_holders_ != ~std::uint64_t{0} && fewest_holders_ > 0) --fewest_holders_;
    if (fewest_holders_ == 0) SetUnsure();
  }
  if (event.Is(core::NoteKind::kQuacked)) JudgeQuack(event);
}

void QuackChecker::JudgeQuack(const Event& event) {
  const std::uint64_t quack = event.value;
  if (quack == 0 || !facts().senders().Has(event.node) || !facts().IsCorrect(event.node)) return;
  SetExercised();
  const core::Cluster& receivers = facts().receivers();
  std::uint64_t holders = 0;
  for (std::uint64_t i = 0; i < receivers.size; ++i) {
    // The set of a faulty receiver is empty.
    if (facts().Held(receivers.Replica(i)).Frontier() >= quack) ++holders;
  }
  if (holders == 0) {
    const std::uint64_t held = HeldTogether(quack);
    if (held < quack) {
      Object(event.at, event.node, [&] {
        return absl::StrCat(Host(event.node), " declares QUACK ", quack,
                            ", but no correct receiver holds k′ ", held);
      });
      return;
    }
  }
  fewest_holders_ = std::min(fewest_holders_, holders);
}

std::uint64_t QuackChecker::HeldTogether(std::uint64_t wanted) const {
  const core::Cluster& receivers = facts().receivers();
  std::uint64_t low = 0;
  for (std::uint64_t i = 0; i < receivers.size; ++i) {
    low = std::max(low, facts().Held(receivers.Replica(i)).Frontier());
  }
  core::SeqSet together = facts().NewSet();
  together.Insert(core::Run{0, low, 1});
  for (std::uint64_t i = 0; i < receivers.size; ++i) {
    facts().Held(receivers.Replica(i)).ForEachHeld(low, wanted, [&](const core::Run& run) {
      together.Insert(run);
    });
  }
  return together.Frontier();
}

const Oracle kQuackOracle = {"Q", &MakeStreamChecker<QuackChecker>};

}  // namespace lockstep::analysis
