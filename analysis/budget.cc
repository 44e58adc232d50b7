// Concurrent budgets: see budget.h.

#include "analysis/budget.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace lockstep::analysis {

using trace::EventKind;

BudgetChecker::BudgetChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster)
    : recipe_(std::move(recipe)),
      cluster_(recipe_->cluster(cluster)),
      is_faulty_(cluster_.size),
      is_down_(cluster_.size) {}

trace::Interest BudgetChecker::Wants() const {
  return trace::Interest(Bit(EventKind::kFaulty) | Bit(EventKind::kCrash))
      .Add(core::NoteKind::kRejoined);
}

void BudgetChecker::OnEvent(const trace::Event& event) {
  if (!cluster_.Has(event.node)) return;
  const std::uint32_t index = event.node.value() - cluster_.first.value();
  if (event.Is(core::NoteKind::kRejoined)) {
    is_down_[index] = false;
    return;
  }
  if (event.kind == EventKind::kFaulty && event.detail == 0) is_faulty_[index] = true;
  if (event.kind == EventKind::kCrash) is_down_[index] = true;
  Check(event);
}

void BudgetChecker::Check(const trace::Event& event) {
  std::vector<std::string> names;
  std::uint64_t down = 0;
  for (std::uint32_t i = 0; i < cluster_.size; ++i) {
    if (!is_faulty_[i] && !is_down_[i]) continue;
    names.push_back(HostName(*recipe_, cluster_.Replica(i)));
    down += cluster_.StakeOf(i);
  }
  if (down <= cluster_.u || findings_.size() >= FindingLog::kKept) return;
  const std::string amount =
      cluster_.has_stake() ? absl::StrCat("replicas with a stake of ", down) : absl::StrCat(down);
  findings_.push_back({event.at, std::nullopt,
                       absl::StrCat(amount, " of ", cluster_.name, " are down at once (",
                                    absl::StrJoin(names, ", "), "), and u = ", cluster_.u)});
}

namespace {

absl::StatusOr<std::unique_ptr<Checker>> MakeBudgetChecker(const Charge& charge) {
  if (charge.promise.scope.kind != Scope::Kind::kCluster)
    return absl::InvalidArgumentError("want {\"cluster\": ...} as what it is about");
  if (!charge.promise.parameters.empty()) return absl::InvalidArgumentError("want no parameters");
  return std::make_unique<BudgetChecker>(charge.recipe, core::ClusterId(charge.promise.scope.id));
}

}  // namespace

const Oracle kBudgetOracle = {"CB", &MakeBudgetChecker};

}  // namespace lockstep::analysis
