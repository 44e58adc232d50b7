// The parameters of the File RSM.

#pragma once

#include "protocols/core/keys.h"
#include "protocols/file/file.h"

namespace lockstep::file {

// All but `generator`, which is its cluster's.
void Describe(core::Keys& keys, Config& config);

}  // namespace lockstep::file
