// The parameters of Chora-R.

#pragma once

#include "protocols/chora/config.h"
#include "protocols/core/keys.h"

namespace lockstep::chora {

// All but the cluster. What they mean together is for Validate to say.
void Describe(core::Keys& keys, Config& config);

}  // namespace lockstep::chora
