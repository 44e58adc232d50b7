// Equivocation: see equivocation.h.

#include "analysis/smr/equivocation.h"

#include <utility>

namespace lockstep::analysis {
namespace {

std::string_view TwoOf(SlotLedger::Act act) {
  switch (act) {
    case SlotLedger::Act::kVote:
      return " says two votes on ";
    case SlotLedger::Act::kProposal:
      return " proposes two values for ";
    case SlotLedger::Act::kAcceptance:
      return " accepts two values at one ballot in ";
    case SlotLedger::Act::kPromise:
      break;
  }
  return " contradicts itself in ";
}

}  // namespace

EquivocationChecker::EquivocationChecker(std::shared_ptr<const Recipe> recipe,
                                         core::ClusterId cluster, std::shared_ptr<SlotLedger> slots)
    : ClusterChecker("E", "no equivocation", std::move(recipe), cluster, trace::Interest()),
      slots_(std::move(slots)) {
  slots_->Watch(this);
}

void EquivocationChecker::OnContradiction(const trace::Event& event, std::uint32_t, SlotName name,
                                          SlotLedger::Act act) {
  Object(event.at, event.node, [&] {
    return absl::StrCat(Host(event.node), std::string(TwoOf(act)), "round ", name.round, ", lane ",
                        name.lane);
  });
}

void EquivocationChecker::Finish() {
  if (slots_->has_statements()) SetExercised();
}

const Oracle kEquivocationOracle = {"E", &MakeSlotChecker<EquivocationChecker>};

}  // namespace lockstep::analysis
