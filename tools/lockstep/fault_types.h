// Messages that faults select by their type: whether there are any.

#pragma once

#include "absl/status/status.h"

#include "protocols/core/program.h"
#include "sim/scenario/scenario.h"

namespace lockstep::cli {

// Refuses a fault of messages of a type that no cluster it is about ever sends; the error names
// those that there are. Reading a scenario cannot tell: it knows no protocol.
absl::Status CheckMessageTypes(const sim::Scenario& scenario, const core::Program& program);

}  // namespace lockstep::cli
