// What kinds that crash hosts have in common.

#pragma once

#include <optional>

#include "protocols/core/keys.h"
#include "sim/fault/engine/actor.h"
#include "sim/host/disk.h"

namespace lockstep::sim {

// Scope, state and restart_after.
void DescribeCrash(core::Keys& keys, CrashOrder& order);
// A state that the profile's disk does not have.
std::optional<Refusal> RefuseCrash(const CrashOrder& order, const WorldSpec& spec);

}  // namespace lockstep::sim
