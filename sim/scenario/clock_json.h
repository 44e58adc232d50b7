// Clocks as they stand in a hardware profile: each number is {"value": ..., "source": ...}.

#pragma once

#include "protocols/parameters/parameters.h"
#include "sim/host/clock.h"

namespace lockstep::sim {

// Reads "offset_max" and "drift_ppb_max" (of the monotonic and the wall clock),
// "synced_offset_max", "synced_drift_ppb_max", and "sync_interval" if it is there.
void ReadClocks(Parameters clocks, ClockSpec& spec);

}  // namespace lockstep::sim
