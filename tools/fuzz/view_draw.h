// Views of clusters that are drawn: who leaves, who weighs what, whose turn is which, and when
// replicas hear of it.

#pragma once

#include "nlohmann/json.hpp"

#include "tools/fuzz/dice.h"
#include "tools/fuzz/frame.h"
#include "tools/fuzz/ground.h"

namespace lockstep::fuzz {

// Adds up to three announcements of views, at growing times before the heal, each of them as far as
// the scenario is still one with it: who fails already may weigh no more than its cluster bears.
void AddViews(const Frame& frame, const Reads& reads, Dice& dice, nlohmann::json& scenario);

// `scenario`, and an announcement that changes nothing but turns: to see whether it takes any.
nlohmann::json WithPlainView(nlohmann::json scenario);

}  // namespace lockstep::fuzz
