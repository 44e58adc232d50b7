// Requests of clients among what a host sends.

#pragma once

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {

// Whether the message asks something of a replica.
bool IsRequest(const FaultScene& scene, const SendCase& send);

}  // namespace lockstep::sim
