// Numbers of a profile, each with where it comes from: {"value": ..., "source": ...}.

#pragma once

#include <string_view>

#include "protocols/parameters/parameters.h"

namespace lockstep::sim {

// The object of a number; its source is wanted, but not kept.
inline Parameters Sourced(Parameters& parent, std::string_view key) {
  Parameters number = parent.Object(key);
  number.String("source");
  return number;
}

}  // namespace lockstep::sim
