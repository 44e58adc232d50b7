// What happens to a cluster that was drawn.

#pragma once

#include <cstdint>

#include "nlohmann/json.hpp"

#include "protocols/chora/config.h"
#include "tools/fuzz/chora_draw.h"
#include "tools/fuzz/dice.h"

namespace lockstep::fuzz {

// The faults of so many rounds of trouble, which begin at draw.first_round and end at draw.heal.
nlohmann::json DrawFaults(const chora::Config& config, std::int64_t stormy, const Draw& draw,
                          Dice dice);

}  // namespace lockstep::fuzz
