// The keys of a hardware profile, each described once: for its reader, and for whoever lists them.
//
// Each number is an object with its value and its source. Still kept by hand in
// scenarios/profile.schema.json: stages, kinds of work, classes of noise.

#pragma once

#include <vector>

#include "protocols/core/keys.h"
#include "sim/profile.h"
#include "sim/scenario/scenario_keys.h"

namespace lockstep::sim {

void Describe(core::Keys& keys, NicSpec& nic);
void Describe(core::Keys& keys, SwitchSpec& fabric);
void Describe(core::Keys& keys, WireSpec& wire);
void Describe(core::Keys& keys, DiskSpec& disk);
void Describe(core::Keys& keys, ClockSpec& clocks);
// What a unit of work and a byte of it cost; the stage is whose price it is.
void Describe(core::Keys& keys, Price& price);

// By their place in a profile: "nic", "switch", "wire", "price", "disk", "clocks".
std::vector<KeyGroup> ListProfileKeys();

}  // namespace lockstep::sim
