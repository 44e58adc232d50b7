// Scenarios of a protocol: clusters, stacks, workload, machine and network, without any fault.

#pragma once

#include <cstdint>

#include "nlohmann/json.hpp"

#include "protocols/core/time.h"
#include "tools/fuzz/dice.h"
#include "tools/fuzz/frame.h"
#include "tools/fuzz/ground.h"

namespace lockstep::fuzz {

struct Calm {
  nlohmann::json scenario;
  Frame frame;  // what it leaves room for
};

struct CalmOdds {
  std::uint64_t said = 0;     // per cent of the protocol's keys that do not have their default
  std::uint64_t clients = 0;  // per cent of the clusters that are asked by clients, if they may be
};

// Small: at most 200 messages of logs, or as many as some clients ask, in at most 100 ms or three
// hundred times the pace of the protocol. The scenario has no name, no reason and no seed.
Calm DrawCalm(const Ground& ground, const Shape& first, const Shape& second, const CalmOdds& odds,
              Dice& dice);

// Gives some of the clusters stake, and budgets that this bears.
void DrawStake(Dice& dice, Calm& calm);

// A calm scenario with all defaults, to see whether a protocol takes it.
nlohmann::json PlainScenario(const Ground& ground, const Shape& shape, bool is_concurrent);

}  // namespace lockstep::fuzz
