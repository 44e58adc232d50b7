// The parameters of the baselines without acknowledgements.

#pragma once

#include "protocols/c3b/baseline.h"
#include "protocols/core/keys.h"

namespace lockstep::c3b {

// Batches and their sizes on the wire; pattern, clusters and streams are whose layer it is.
void Describe(core::Keys& keys, Config& config);

}  // namespace lockstep::c3b
