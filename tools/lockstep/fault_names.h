// What faults want of a program: types and fields of messages, notes, and that it knows views.

#pragma once

#include "absl/status/status.h"

#include "protocols/catalog.h"
#include "sim/scenario/scenario.h"

namespace lockstep::cli {

// Refuses a fault of messages of a type that no cluster it is about ever sends, of a field that
// these don't have, or that waits for a note that nobody says; the error names the nearest, and
// those that there are. The same of one that announces a view, where some replicas know none.
// Reading a scenario cannot tell: it knows no protocol.
absl::Status CheckFaultNames(const sim::Scenario& scenario, const CatalogProgram& program);

}  // namespace lockstep::cli
