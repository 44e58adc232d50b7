// Resend bound: see resend_bound.h.

#include "analysis/c3b/resend_bound.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::analysis {

using trace::Event;
using trace::EventKind;

ResendBoundChecker::ResendBoundChecker(std::shared_ptr<StreamFacts> facts,
                                       std::shared_ptr<const SendLedgers> ledger)
    : StreamChecker("R2", "resend bound", std::move(facts),
                    ledger->Wants().Add(Bit(EventKind::kFaulty))),
      ledger_(std::move(ledger)) {}

void ResendBoundChecker::Judge(const Event& event) {
  last_ = event.at;
  if (event.kind == EventKind::kFaulty) {
    // Sends were taken to be between correct nodes that, it turns out, were not.
    const bool is_ours = facts().senders().Has(event.node) || facts().receivers().Has(event.node);
    if (is_ours && ledger_->sends() > 0) SetUnsure();
    return;
  }
  if (ledger_->sends() > 0) SetExercised();
  ObjectToExcess();
}

void ResendBoundChecker::Finish() { ObjectToExcess(); }

nlohmann::json ResendBoundChecker::Details() const {
  const std::vector<std::uint64_t> settled_by = ledger_->settled_by();
  if (settled_by.empty()) return nlohmann::json::object();
  return {{"settled_by_attempt", settled_by}};
}

// The ledger has taken what happened before we are told.
void ResendBoundChecker::ObjectToExcess() {
  if (!ledger_->excess()) return;
  Object(last_, std::nullopt, [&] {
    return absl::StrCat("k′ ", ledger_->excess()->number, " needed ", ledger_->excess()->sends,
                        " sends that the network did not destroy, and the bound is ",
                        ledger_->excess()->bound);
  });
}

namespace {

absl::StatusOr<std::unique_ptr<Checker>> MakeResendBound(const Charge& charge) {
  const absl::StatusOr<std::shared_ptr<StreamFacts>> facts = FactsFor(charge);
  if (!facts.ok()) return facts.status();
  return std::make_unique<ResendBoundChecker>(*facts, LedgerFor(charge, *facts));
}

constexpr CountInfo kResendBoundCounts[] = {
    {"resends", "sends", "across, beyond the first of each message: sum over streams",
     "resends_per_message"},
    {"premature_resends", "resends", "that came after a send that was enough: sum over streams",
     "premature_per_message"},
};

}  // namespace

const Oracle kResendBoundOracle = {"R2", &MakeResendBound, kResendBoundCounts};

}  // namespace lockstep::analysis
