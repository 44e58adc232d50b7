// All oracles, by their letters; and from the promises of a run to its checkers.

#pragma once

#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "analysis/oracle.h"

namespace lockstep::analysis {

// To add one: a file of its own, and a line in oracles.cc.
std::span<const Oracle* const> Oracles();

// Who judges a run.
struct Panel {
  SharedState shared;
  // As the promises; they are to be finished in this order, after what they share.
  std::vector<std::unique_ptr<Checker>> checkers;
  std::vector<const Oracle*> oracles;  // oracles[i] made checkers[i]
  std::vector<Scope> scopes;           // scopes[i]: what checkers[i] is about
};

// The checkers of everything that `recipe` promises, by the oracles of the table and by `more`.
// Without the effect of faults, which is nobody's promise: see EffectChecker. Errors name the
// JSON pointer of the promise.
absl::StatusOr<Panel> MakePanel(const std::shared_ptr<const Recipe>& recipe,
                                std::span<const Oracle* const> more = {});

}  // namespace lockstep::analysis
