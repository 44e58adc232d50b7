// The parameters of the baselines.

#pragma once

#include "protocols/c3b/config.h"
#include "protocols/core/keys.h"

namespace lockstep::c3b {

// All that may be set of `config.pattern`, which stands there before as clusters and streams do.
void Describe(core::Keys& keys, Config& config);

}  // namespace lockstep::c3b
