// The points of a sweep, numbered.
//
// A pure function of the sweep, the same on every machine: shards, workers and resumed sweeps agree
// on numbers without talking. Points are made when they are asked for.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "sim/override.h"
#include "tools/sweep/sweep_file.h"

namespace lockstep::sweep {

// One parameter at a point: an axis or a derived value.
struct Setting {
  std::string name;
  nlohmann::json shown;          // a number, a string or a bool
  std::optional<double> number;  // where it is one
};

struct Point {
  std::uint64_t index = 0;             // from 0; those that "where" refuses have none
  std::vector<Setting> settings;       // axes in order, then derived values
  std::vector<sim::Override> changes;  // "set", axes, derived values; without the seed
};

class Plan {
 public:
  // Errors name the formula and the point that it fails at; no point at all is an error.
  // `sweep` outlives the plan.
  static absl::StatusOr<Plan> Make(const Sweep& sweep);

  const Sweep& sweep() const { return *sweep_; }
  // Names of the settings, in order: the same for each point.
  const std::vector<std::string>& names() const { return names_; }
  std::uint64_t points() const;
  // Points that "where" refused.
  std::uint64_t refused() const;
  // `point` < points().
  Point At(std::uint64_t point) const;

  // Runs are numbered point * seeds.count + nth, at most: a rule or a bisection leaves numbers out.
  std::uint64_t runs_max() const { return points() * sweep_->seeds.count; }

  // Points come in groups of `group_size()` that differ in the bisected axis only, from its first
  // value to its last; groups of one where nothing is bisected.
  std::uint64_t group_size() const;
  std::uint64_t groups() const { return points() / group_size(); }

 private:
  const Sweep* sweep_ = nullptr;
  std::vector<std::string> names_;
  // H1: representation.
};

// Looks names up among the settings of a point, for formulas; the point outlives what is returned.
Lookup LookupIn(const Point& point);

}  // namespace lockstep::sweep
