// A checker that has measured more than it counts, as few do.

#pragma once

#include "nlohmann/json.hpp"

namespace lockstep::analysis {

class Measured {
 public:
  virtual ~Measured() = default;
  // What it has measured, by name: an object, which stands in the checker's row of a summary.
  virtual nlohmann::json Details() const = 0;
};

}  // namespace lockstep::analysis
