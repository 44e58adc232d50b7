// Names that faults use of a program's: types and fields of messages, notes.

#pragma once

#include "absl/status/status.h"

#include "protocols/catalog.h"
#include "sim/scenario/scenario.h"

namespace lockstep::cli {

// Refuses a fault of messages of a type that no cluster it is about ever sends, of a field that
// these don't have, or that waits for a note that nobody says; the error names the nearest, and
// those that there are. Reading a scenario cannot tell: it knows no protocol.
absl::Status CheckFaultNames(const sim::Scenario& scenario, const CatalogProgram& program);

}  // namespace lockstep::cli
