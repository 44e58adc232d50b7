// The keys of a sweep that are plain values, each described once: for the reader, for whoever lists
// them, and for scenarios/sweep.schema.json, where the rest is still kept by hand.

#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "protocols/core/keys.h"
#include "sim/scenario/scenario_keys.h"
#include "tools/sweep/sweep_file.h"

namespace lockstep::sweep {

// /limits.
void Describe(core::Keys& keys, Limits& limits);

// /seeds/until, of at most `count` seeds; `read_within` reads the width.
void DescribeUntil(core::Keys& keys, std::uint64_t count, const std::function<void()>& read_within,
                   StopRule& rule);

std::vector<sim::KeyGroup> ListSweepKeys();

}  // namespace lockstep::sweep
