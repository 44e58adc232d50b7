// The parameters of Picsou.

#pragma once

#include "protocols/core/keys.h"
#include "protocols/picsou/replica.h"

namespace lockstep::picsou {

// All but clusters and streams, which are whose layer it is.
void Describe(core::Keys& keys, Config& config);

}  // namespace lockstep::picsou
