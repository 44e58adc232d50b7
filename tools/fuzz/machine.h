// Machines for scenarios that are drawn: any will do that is fast enough.

#pragma once

#include "nlohmann/json.hpp"

#include "tools/fuzz/dice.h"

namespace lockstep::fuzz {

// A profile: of a machine on which nothing costs anything, or of one that is as busy as a rack's.
nlohmann::json DrawMachine(Dice& dice, bool is_priced);
// Its disk, which takes time.
nlohmann::json DrawDisk(Dice& dice);

}  // namespace lockstep::fuzz
