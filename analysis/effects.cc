// Receipts of faults: see effects.h.

#include "analysis/effects.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::analysis {

EffectChecker::EffectChecker(std::shared_ptr<const Recipe> recipe)
    : recipe_(std::move(recipe)), receipts_(recipe_->faults.size()) {}

void EffectChecker::OnEvent(const trace::Event& event) {
  last_ = event.at;
  if (event.kind == trace::EventKind::kTampered) {
    if (event.further < receipts_.size()) receipts_[event.further].tampered = event;
    return;
  }
  if (event.value >= receipts_.size()) return;
  receipts_[event.value].touched += event.detail;
  receipts_[event.value].changed += event.further;
}

Verdict EffectChecker::verdict() const {
  return findings().empty() ? Verdict::kHolds : Verdict::kNotExercised;
}

std::vector<Finding> EffectChecker::findings() const {
  std::vector<Finding> found;
  for (std::size_t i = 0; i < receipts_.size(); ++i) {
    const DeclaredFault& fault = recipe_->faults[i];
    if (receipts_[i].changed >= fault.expect_effect) continue;
    found.push_back(
        {last_, std::nullopt,
         absl::StrCat("fault ", fault.id, " (", fault.kind, ") changed ", receipts_[i].changed,
                      " things, and ", fault.expect_effect, " or more were expected")});
  }
  return found;
}

nlohmann::json EffectChecker::Receipts() const {
  nlohmann::json list = nlohmann::json::array();
  for (std::size_t i = 0; i < receipts_.size(); ++i) {
    const DeclaredFault& fault = recipe_->faults[i];
    nlohmann::json row = {{"id", fault.id},
                          {"kind", fault.kind},
                          {"touched", receipts_[i].touched},
                          {"changed", receipts_[i].changed},
                          {"expect_effect", fault.expect_effect}};
    if (const auto& tampered = receipts_[i].tampered) {
      row["last"] = {{"at_ps", tampered->at.ps()},
                     {"node", HostName(*recipe_, tampered->node)},
                     {"to", HostName(*recipe_, tampered->peer)},
                     {"sent", tampered->detail},
                     {"instead_of", tampered->value}};
    }
    list.push_back(std::move(row));
  }
  return list;
}

}  // namespace lockstep::analysis
