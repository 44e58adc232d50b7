// Builds the checkers of a run: see promises.h.

#include "analysis/promises.h"

#include <cstddef>

#include "analysis/c3b/acks.h"
#include "analysis/c3b/c3b.h"
#include "analysis/c3b/resends.h"
#include "analysis/c3b/stream_facts.h"

namespace lockstep::analysis {

Panel MakeCheckers(std::shared_ptr<const Recipe> recipe) {
  Panel panel;
  auto& checkers = panel.checkers;
  for (std::size_t i = 0; i < recipe->streams.size(); ++i) {
    const auto facts = std::make_shared<StreamFacts>(recipe, i);
    panel.facts.push_back(facts);
    const Promises& promises = recipe->streams[i].promises;
    if (promises.integrity) checkers.push_back(std::make_unique<IntegrityChecker>(facts));
    if (promises.no_duplicates) checkers.push_back(std::make_unique<DuplicateChecker>(facts));
    if (promises.delivery != Delivery::kNone) {
      checkers.push_back(std::make_unique<DeliveryChecker>(facts));
    }
    if (promises.quack) checkers.push_back(std::make_unique<QuackChecker>(facts));
    if (promises.acks) checkers.push_back(std::make_unique<AckChecker>(facts));
    if (!promises.resends) {
      panel.ledgers.push_back(nullptr);
      continue;
    }
    const auto ledger = std::make_shared<SendLedger>(facts);
    panel.ledgers.push_back(ledger);
    checkers.push_back(std::make_unique<ResendChecker>(facts));
    checkers.push_back(std::make_unique<ResendBoundChecker>(facts, ledger));
    if (const auto allowed = recipe->expect.premature_resends) {
      checkers.push_back(std::make_unique<PrematureChecker>(facts, ledger, *allowed));
    }
  }
  return panel;
}

}  // namespace lockstep::analysis
