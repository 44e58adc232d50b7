// Chora-R in the catalogue: its parameters, what it promises, how its replicas are built.

#pragma once

#include "protocols/catalog.h"

namespace lockstep {

// {"protocol": "chora", ...}; each parameter has the default of chora::Config.
HostProgram CompileChora(core::Keys& layer, const core::Cluster& own);

}  // namespace lockstep
