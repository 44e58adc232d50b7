// Whether the times of a scenario add up to something that a clock can show.
//
// An instant is 63 bits of picoseconds, 106 days, and each time that a scenario names is below
// that; what is refused here is their sum.

#pragma once

#include "protocols/parameters/parameters.h"
#include "sim/scenario/scenario.h"

namespace lockstep::sim {

// The furthest that a clock of a host may come from zero, either way: what is left of 106 days are
// the times that nodes add to what they read.
inline constexpr core::Duration kReadingMost = core::Duration::Seconds(80 * 86'400);

// Refuses, by its place, what takes a clock of a host beyond kReadingMost by the end of the run:
// the length of the run, what the profile lets clocks be off and drift, and what all faults do to
// them; a time of a cluster's stack that is more than half of what is left; and messages that
// faults keep for longer, in all, than 106 days have room for.
void CheckTimes(Parameters& reader, const Scenario& scenario);

}  // namespace lockstep::sim
