// What a sweep varies: lists of values and ranges of numbers.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "protocols/parameters/parameters.h"
#include "sim/scenario/override.h"
#include "tools/sweep/expression.h"

namespace lockstep::sweep {

// One value of an axis.
struct AxisValue {
  nlohmann::json shown;          // a number, a string or a bool: what results are labelled with
  std::optional<double> number;  // of ranges, numbers and ratios: the number that formulas see
  std::vector<sim::Override> changes;
};

// All numbers from one to the other, of a few digits.
struct Range {
  double from = 0;
  double to = 0;
  bool is_log = false;
  bool is_whole = false;
  bool is_ratio = false;        // put as [numerator, denominator]
  std::optional<int> decimals;  // at most, where the unit has a smallest part
  std::string unit;             // put behind the number
  std::vector<std::string> at;
};

// What is varied. Ranges are written out, so every axis is a list; except that a random or
// Latin-hypercube sample draws from `range` directly where there is one, and `values` is empty.
struct Axis {
  std::string name;
  std::vector<AxisValue> values;
  std::optional<Range> range;
  std::optional<Expression> when;  // over axes: its changes are made only there
  std::string pointer;             // JSON pointer within the sweep file, for messages
};

// Samples draw cells of ranges: numbers below this, for which there are as many equal parts.
inline constexpr std::uint64_t kRangeCells = std::uint64_t{1} << 32;

// The middle of a cell, rounded as the values of a range are.
double NumberAtCell(const Range& range, std::uint64_t cell);
AxisValue ValueAtCell(const Range& range, std::uint64_t cell);

struct AxisOptions {
  bool is_sampled = false;         // Ranges are drawn from, and take no "count".
  bool may_repeat_values = false;  // Not in a grid, where two points would be called the same.
};

// Reads one element of "axes", but for its name's meaning among others.
Axis ReadAxis(Parameters& entry, const AxisOptions& options);

}  // namespace lockstep::sweep
