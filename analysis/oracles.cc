// The table of oracles: see oracles.h.

#include "analysis/oracles.h"

#include <array>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"

#include "analysis/budget.h"
#include "analysis/c3b/acks.h"
#include "analysis/c3b/delivery.h"
#include "analysis/c3b/duplicates.h"
#include "analysis/c3b/integrity.h"
#include "analysis/c3b/outstanding.h"
#include "analysis/c3b/premature.h"
#include "analysis/c3b/quack.h"
#include "analysis/c3b/resend_bound.h"
#include "analysis/c3b/resends.h"
#include "analysis/c3b/schedule_agreement.h"
#include "analysis/c3b/throughput_floor.h"
#include "analysis/smr/abstention.h"
#include "analysis/smr/agreement.h"
#include "analysis/smr/at_most_once.h"
#include "analysis/smr/decision_agreement.h"
#include "analysis/smr/decision_once.h"
#include "analysis/smr/decision_validity.h"
#include "analysis/smr/durability.h"
#include "analysis/smr/equivocation.h"
#include "analysis/smr/linearizable.h"
#include "analysis/smr/order.h"
#include "analysis/smr/progress.h"
#include "analysis/smr/quorum_witness.h"
#include "analysis/smr/round_bound.h"
#include "analysis/smr/state_hash.h"
#include "analysis/smr/validity.h"

namespace lockstep::analysis {
namespace {

constexpr std::array<const Oracle*, 27> kOracles = {&kIntegrityOracle,
                                                    &kDuplicateOracle,
                                                    &kDeliveryOracle,
                                                    &kQuackOracle,
                                                    &kAckOracle,
                                                    &kResendOracle,
                                                    &kResendBoundOracle,
                                                    &kPrematureOracle,
                                                    &kScheduleOracle,
                                                    &kOutstandingOracle,
                                                    &kThroughputOracle,
                                                    &kAgreementOracle,
                                                    &kOrderOracle,
                                                    &kRoundBoundOracle,
                                                    &kStateHashOracle,
                                                    &kValidityOracle,
                                                    &kAtMostOnceOracle,
                                                    &kQuorumWitnessOracle,
                                                    &kEquivocationOracle,
                                                    &kAbstentionOracle,
                                                    &kDurabilityOracle,
                                                    &kProgressOracle,
                                                    &kLinearizabilityOracle,
                                                    &kBudgetOracle,
                                                    &kDecisionAgreementOracle,
                                                    &kDecisionValidityOracle,
                                                    &kDecisionOnceOracle};

const Oracle* Find(std::string_view letter, std::span<const Oracle* const> more) {
  for (const std::span<const Oracle* const> table : {more, Oracles()}) {
    for (const Oracle* oracle : table) {
      if (oracle->letter == letter) return oracle;
    }
  }
  return nullptr;
}

}  // namespace

std::span<const Oracle* const> Oracles() { return kOracles; }

absl::StatusOr<Panel> MakePanel(const std::shared_ptr<const Recipe>& recipe,
                                std::span<const Oracle* const> more) {
  Panel panel;
  for (std::size_t i = 0; i < recipe->promises.size(); ++i) {
    const Promise& promise = recipe->promises[i];
    const Oracle* const oracle = Find(promise.oracle, more);
    if (oracle == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("/promises/", i, "/oracle: there is no oracle ", promise.oracle));
    }
    auto checker = oracle->make({recipe, promise, panel.shared});
    if (!checker.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("/promises/", i, " (", promise.oracle, "): ", checker.status().message()));
    }
    panel.checkers.push_back(*std::move(checker));
    panel.oracles.push_back(oracle);
    panel.scopes.push_back(promise.scope);
  }
  return panel;
}

}  // namespace lockstep::analysis
