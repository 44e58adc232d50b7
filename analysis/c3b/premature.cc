// Premature resends: see premature.h.

#include "analysis/c3b/premature.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace lockstep::analysis {

using trace::Event;
using trace::EventKind;

PrematureChecker::PrematureChecker(std::shared_ptr<StreamFacts> facts,
                                   std::shared_ptr<const SendLedgers> ledger, std::uint64_t allowed)
    : StreamChecker("R3", "premature resends", std::move(facts), Bit(EventKind::kEnd)),
      ledger_(std::move(ledger)),
      allowed_(allowed) {}

void PrematureChecker::Judge(const Event& event) { last_ = event.at; }

void PrematureChecker::Finish() {
  if (ledger_->sends() > 0) SetExercised();
  if (ledger_->premature() <= allowed_) return;
  Object(last_, std::nullopt, [&] {
    return absl::StrCat(ledger_->premature(), " resends came after a send that was enough, and ",
                        allowed_, " are allowed");
  });
}

namespace {

// {"allowed": n}
absl::StatusOr<std::unique_ptr<Checker>> MakePremature(const Charge& charge) {
  const absl::StatusOr<std::shared_ptr<StreamFacts>> facts = FactsFor(charge);
  if (!facts.ok()) return facts.status();
  const nlohmann::json allowed = charge.promise.parameters.value("allowed", nlohmann::json());
  if (!allowed.is_number_unsigned()) {
    return absl::InvalidArgumentError(R"(want the parameter "allowed", a whole number)");
  }
  return std::make_unique<PrematureChecker>(*facts, LedgerFor(charge, *facts),
                                            allowed.get<std::uint64_t>());
}

}  // namespace

const Oracle kPrematureOracle = {"R3", &MakePremature};

}  // namespace lockstep::analysis
