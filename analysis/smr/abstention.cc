// Abstention: see abstention.h.

#include "analysis/smr/abstention.h"

#include <utility>

namespace lockstep::analysis {

AbstentionChecker::AbstentionChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster,
                                     std::shared_ptr<SlotLedger> slots)
    : ClusterChecker("F", "abstention floor", std::move(recipe), cluster, trace::Interest()),
      slots_(std::move(slots)) {
  slots_->Watch(this);
}

void AbstentionChecker::OnForgottenAct(const trace::Event& event, std::uint32_t,
                                       std::uint64_t forgotten) {
  Object(event.at, event.node, [&] {
    return absl::StrCat(Host(event.node), " acts on round ", event.value,
                        ", and has forgotten what it did up to round ", forgotten);
  });
}

void AbstentionChecker::Finish() {
  if (slots_->has_statements()) SetExercised();
}

const Oracle kAbstentionOracle = {"F", &MakeSlotChecker<AbstentionChecker>};

}  // namespace lockstep::analysis
