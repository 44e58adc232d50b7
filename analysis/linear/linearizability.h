// Whether a history is linearizable (Herlihy and Wing, 1990), key by key: a history is if those of
// its keys are.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/linear/operation.h"
#include "analysis/verdict.h"

namespace lockstep::analysis::linear {

// Operations by their index in the history.
struct Violation {
  std::string key;
  std::uint32_t culprit = 0;  // with whose return the history of the key stops being linearizable
  // The longest part from its beginning that is linearizable, which is what came before that
  // return: an order that explains it. An operation that had not returned by then may stand in it.
  std::vector<std::uint32_t> prefix;
  // False where the budget ended the search for it: then there may be a longer one.
  bool is_longest = true;
};

struct LinearizabilityReport {
  // Violated if one key is, else unknown if one is, else not exercised where nothing has returned.
  Verdict verdict = Verdict::kNotExercised;
  std::uint64_t operations = 0;
  std::uint64_t open = 0;  // of these: never returned
  std::uint64_t keys = 0;
  std::uint64_t steps = 0;
  std::vector<Violation> violations;      // one for each key that is violated, by key
  std::vector<std::string> unknown_keys;  // that took more than the budget
};

struct LinearizabilityOptions {
  static constexpr std::uint64_t kBudget = 20'000'000;
  std::uint64_t budget = kBudget;  // steps of a search, of which each key gets one
};

LinearizabilityReport CheckLinearizability(const History& history,
                                           const LinearizabilityOptions& options);

}  // namespace lockstep::analysis::linear
