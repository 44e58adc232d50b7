// Histories made by simulation, and the plainest judge of them: it tries every order.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "analysis/linear/operation.h"
#include "protocols/core/random.h"

namespace lockstep::tests {

// How a history of one object is made.
struct HistoryRecipe {
  std::uint64_t clients = 3;
  std::uint64_t operations = 6;
  std::uint64_t values = 3;  // different ones that are written; 0: each is written once
  std::uint64_t keys = 1;
  bool is_register = true;         // else texts that are put and appended to
  std::uint64_t lost_percent = 0;  // of operations that never return; half of these take effect
};

// Each operation takes effect at an instant between its invocation and its return, so the history
// is linearizable.
analysis::linear::History MakeHistory(const HistoryRecipe& recipe, core::Random& random);

// What the operations at `order` (all on one key) do, one after the other, is what they say; each
// stands where its invocation and return let it, and of those that return before place `until` none
// is missing.
bool Explains(const analysis::linear::History& history, const std::string& key,
              const std::vector<std::uint32_t>& order, std::uint32_t until);

// Whether some order explains the operations on `key` until then; by trying them all.
bool HasOrder(const analysis::linear::History& history, const std::string& key,
              std::uint32_t until);

}  // namespace lockstep::tests
