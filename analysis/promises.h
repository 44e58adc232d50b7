// From what a protocol promises to who checks it.

#pragma once

#include <memory>
#include <vector>

#include "analysis/c3b/send_ledger.h"
#include "analysis/checker.h"
#include "analysis/effects.h"

namespace lockstep::analysis {

struct Panel {
  // In the order of the tables, stream by stream; they are to be finished in this order.
  std::vector<std::unique_ptr<Checker>> checkers;
  // Told every event before the checkers, which share them; facts[i] is of stream i of the recipe.
  std::vector<std::shared_ptr<StreamFacts>> facts;
  // Counts the resends of each stream of the recipe; nullptr where none are promised.
  std::vector<std::shared_ptr<const SendLedger>> ledgers;
};

// The checkers of everything that the streams of `recipe` promise. Without the effect of faults,
// which is nobody's promise: see EffectChecker.
Panel MakeCheckers(std::shared_ptr<const Recipe> recipe);

}  // namespace lockstep::analysis
