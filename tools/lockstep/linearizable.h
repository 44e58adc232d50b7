// lockstep check --linearizable FILE: judges a history that somebody else has written down.

#pragma once

#include <cstdint>
#include <string>

#include "analysis/linear/history_file.h"
#include "analysis/linear/linearizability.h"

namespace lockstep::cli {

struct LinearizableFlags {
  std::string history;  // a file; "-" for standard input
  std::string model;    // "register" or "kv"
  std::uint64_t budget = analysis::linear::LinearizabilityOptions::kBudget;
  bool as_json = false;
};

// Prints the verdict, and of what is violated the longest linearizable prefix; the exit code.
int CheckHistory(const LinearizableFlags& flags);

}  // namespace lockstep::cli
