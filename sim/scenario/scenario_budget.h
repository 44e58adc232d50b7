// Whether the faults of a scenario keep within the budgets of its clusters.

#pragma once

#include <vector>

#include "protocols/parameters/parameters.h"
#include "sim/scenario/scenario.h"

namespace lockstep::sim {

// Refuses the first fault with which more replicas of a cluster fail, or lie, than it bears.
// `entries[i]` is that of the scenario's fault i. Of a budget that is concurrent only what can be
// known is refused: a replica is down from its crash until it is restarted, and longer in truth;
// when a crash strikes that waits for its moment is not known. The run tells the rest. Who weighs
// what changes with the views that faults announce: the budget is kept in each of them.
void CheckBudgets(std::vector<Parameters>& entries, const Scenario& scenario);

}  // namespace lockstep::sim
