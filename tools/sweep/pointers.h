// Places in a scenario that a sweep changes.
//
// Whether a pointer leads anywhere is judged when a run is made; here it must only be one.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocols/parameters/parameters.h"
#include "sim/scenario/override.h"

namespace lockstep::sweep {

// What a pointer must be, for messages.
inline constexpr std::string_view kWantedPointer = "a JSON pointer such as \"/run/for\"";

// RFC 6901, but for the empty pointer, which is all of a document.
bool IsPointer(std::string_view text);

// One pointer or an array of them; empty where the key is missing or wrong.
std::vector<std::string> ReadPointers(Parameters& reader, std::string_view key);

// An object of pointers and values; empty where the key is missing or wrong.
std::vector<sim::Override> ReadChanges(Parameters& reader, std::string_view key);

// Whether it is the seed, which a sweep sets itself.
bool IsSeed(std::string_view pointer);

}  // namespace lockstep::sweep
