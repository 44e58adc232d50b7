// Validity of decisions: see decision_validity.h.

#include "analysis/smr/decision_validity.h"

#include <algorithm>
#include <utility>

namespace lockstep::analysis {

DecisionValidityChecker::DecisionValidityChecker(std::shared_ptr<const Recipe> recipe,
                                                 core::ClusterId cluster)
    : ClusterChecker("GY", "validity of decisions", std::move(recipe), cluster,
                     DecisionNotes().Add(core::kProposed)) {}

void DecisionValidityChecker::Propose(const trace::Event& event) {
  SetExercised();
  std::vector<std::uint64_t>& digests = proposed_[event.value];
  const bool is_new = std::ranges::find(digests, event.digest) == digests.end();
  if (is_new && digests.size() <= kProposalsKept) digests.push_back(event.digest);
  if (proposed_.size() <= kDecisionsKept) return;
  forgotten_below_ = std::max(forgotten_below_, proposed_.begin()->first + 1);
  proposed_.erase(proposed_.begin());
}

void DecisionValidityChecker::Judge(const trace::Event& event) {
  if (event.Is(core::kProposed)) return Propose(event);
  if (!IsDecision(event) || event.digest == 0 || !IsAnswerable(event.node)) return;
  // As long as nothing was proposed, perhaps nobody notes proposals.
  if (proposed_.empty()) return;
  const auto found = proposed_.find(event.value);
  const bool is_there = found != proposed_.end();
  if (is_there && std::ranges::find(found->second, event.digest) != found->second.end()) return;
  if (event.value < forgotten_below_ || (is_there && found->second.size() > kProposalsKept))
    return SetUnsure();
  Object(event.at, event.node, [&] {
    return absl::StrCat(
        Host(event.node), " ", DoneAt(PlaceOf(event)),
        is_there ? ", where something else was proposed" : ", and nothing was proposed there");
  });
}

const Oracle kDecisionValidityOracle = {"GY", &MakeClusterChecker<DecisionValidityChecker>};

}  // namespace lockstep::analysis
