// Values for keys that are described: mostly their defaults, else something small.

#pragma once

#include <cstdint>
#include <vector>

#include "nlohmann/json.hpp"

#include "protocols/core/time.h"
#include "protocols/parameters/key_list.h"
#include "tools/fuzz/dice.h"

namespace lockstep::fuzz {

struct KeyOdds {
  std::uint64_t said = 35;  // per cent of the keys that need not be said
  // A time that has no default is between these two.
  core::Duration shortest;
  core::Duration longest;
};

// An object of these keys. A number is drawn by its powers of two, from the least that it may be
// up to a thousand more; a time within a factor of four of its default. Left out are texts, and
// what has rules of its own.
nlohmann::json DrawKeys(const std::vector<KeyInfo>& keys, const KeyOdds& odds, Dice& dice);

// Whether a key is known to mean nothing beside what has been drawn.
bool IsMeaningless(const KeyInfo& key, const nlohmann::json& drawn);

// A time as scenarios write it, in whole nanoseconds, at least one.
nlohmann::json TimeText(core::Duration time);

// The default of a key that is a time; zero where it has none, or one in words.
core::Duration DefaultTime(const KeyInfo& key);

}  // namespace lockstep::fuzz
