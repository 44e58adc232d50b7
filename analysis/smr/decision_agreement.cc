// Agreement of decisions: see decision_agreement.h.

#include "analysis/smr/decision_agreement.h"

#include <algorithm>
#include <string>

namespace lockstep::analysis {

void DecisionAgreementChecker::Judge(const trace::Event& event) {
  if (!IsDecision(event) || !IsAnswerable(event.node)) return;
  const Place place = PlaceOf(event);
  const Outcome outcome = OutcomeOf(event);
  const auto [at, is_first] = first_.try_emplace(place, First{outcome, event.node});
  if (is_first) {
    if (has_forgotten_ && place <= forgotten_) SetUnsure();
    if (first_.size() <= kDecisionsKept) return;
    forgotten_ = std::max(forgotten_, first_.begin()->first);
    has_forgotten_ = true;
    first_.erase(first_.begin());
    return;
  }
  const auto& first = at->second;
  if (first.by != event.node) SetExercised();
  if (first.outcome == outcome) return;
  Object(event.at, event.node, [&] {
    return absl::StrCat(Host(event.node), " ", DoneAt(place), " otherwise than ",
                        first.by == event.node ? "it did before" : Host(first.by));
  });
}

const Oracle kDecisionAgreementOracle = {"GX", &MakeClusterChecker<DecisionAgreementChecker>};

}  // namespace lockstep::analysis
