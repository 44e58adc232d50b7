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

#include "sim/scenario/override.h"
#include "tools/sweep/sweep_file.h"

namespace lockstep::sweep {

// One parameter at a point: an axis or a derived value.
struct Setting {
  std::string name;
  nlohmann::json shown;          // a number, a string or a bool
  std::optional<double> number;  // where it is one
};

struct Point {
  std::uint64_t index = 0;        // from 0; those that "where" refuses have none
  std::vector<Setting> settings;  // axes in order, then derived values
  // "set", then axes and derived values, what is wider first: a whole stack before its phi. Without
  // the seed.
  std::vector<sim::Override> changes;
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
  // Of axis i, what a candidate takes: an index into its values, or a cell of its range.
  using Choices = std::vector<std::uint64_t>;

  explicit Plan(const Sweep& sweep);
  void Draw();
  void Choose(std::uint64_t candidate, Choices& choices) const;
  absl::Status Filter();

  const Sweep* sweep_ = nullptr;
  std::vector<std::string> names_;
  std::uint64_t candidates_ = 0;
  std::vector<std::size_t> order_;  // axes of a grid, the slowest first
  // drawn_[axis][candidate], where samples are drawn. 10^7 of them fit 32 bits, as cells do.
  std::vector<std::vector<std::uint32_t>> drawn_;
  std::vector<std::uint32_t> kept_;  // candidates by point, where "where" refuses some
  bool is_filtered_ = false;
};

// Looks names up among the settings of a point, for formulas; the point outlives what is returned.
Lookup LookupIn(const Point& point);

}  // namespace lockstep::sweep
