// All kinds of faults that there are: one for each file of sim/fault.

#pragma once

#include <span>
#include <string_view>

#include "sim/fault/engine/fault.h"

namespace lockstep::sim {

// In the order of the alphabet. The build makes the table.
std::span<const FaultKind* const> FaultKinds();
// Null where there is none.
const FaultKind* FaultKindNamed(std::string_view name);

}  // namespace lockstep::sim
