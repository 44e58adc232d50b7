// The points of a results file, as plots see them: parameters as numbers with their units, means
// with their intervals.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "analysis/results/results.h"
#include "tools/sweep/expression.h"

namespace lockstep::cli {

// The view `summary`: a row for each point, by name of column.
struct ResultPoints {
  using Row = std::map<std::string, nlohmann::json>;
  std::vector<std::string> parameters;
  std::vector<std::string> columns;
  std::vector<Row> rows;

  bool Has(const std::string& column) const;
  // Of which there is a mean and its interval.
  std::vector<std::string> Metrics() const;
  bool IsMetric(const std::string& name) const { return Has(name + "_ci95"); }
  // Parameters that have more than one value.
  std::vector<std::string> Varying() const;
  // Of a column whose cells are numbers, over all rows.
  std::uint64_t Sum(const std::string& column) const;
};
absl::StatusOr<ResultPoints> ReadResultPoints(const analysis::ResultsFile& file);
// Leaves those for which the formula `where` holds. Errors: it is none, or names what is not there.
absl::Status Keep(ResultPoints& points, const std::string& where);

// The value of a formula at one point; none where it was not measured, or is a division by zero.
std::optional<double> ValueAt(const sweep::Expression& formula, const ResultPoints::Row& row);
// The names of a formula that no column has are errors, with those there are.
absl::Status CheckNames(const ResultPoints& points, const std::string& flag,
                        const sweep::Expression& formula);

// What a parameter's values are as places on an axis: numbers as they are, texts that are all
// times, rates or sizes as numbers of one unit, else what they say.
struct AxisValues {
  std::vector<nlohmann::json> values;  // by row
  std::string unit;                    // empty: none is known
  bool is_number = false;
};
AxisValues ValuesOf(const ResultPoints& points, const std::string& parameter);

// A value as it stands in a label.
std::string LabelOf(const nlohmann::json& value);

}  // namespace lockstep::cli
