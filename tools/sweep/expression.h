// Small formulas over named values: "n >= 2u + r + 1", "published_per_s >= 0.9 first(...)".
//
// Grammar, from the loosest to the tightest: or; and; not; == != < <= > >= (also ≥ ≤ ≠); + -; * /
// %; unary -; a number directly before a name or a parenthesis multiplies ("2u"). Literals:
// numbers, "strings" (also in single quotes), true, false. Functions: min, max (two or more
// arguments), abs, floor, ceil, round. Numbers are doubles; only those functions round.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

namespace lockstep::sweep {

using Value = std::variant<double, bool, std::string>;

// Gives the value that a name stands for; none where there is none.
using Lookup = std::function<std::optional<Value>(std::string_view name)>;

class Expression {
 public:
  // Errors name the column (in bytes, from 1) and what was wanted there.
  static absl::StatusOr<Expression> Parse(std::string_view text);

  const std::string& text() const { return text_; }
  // The names it asks for, sorted, each once.
  const std::vector<std::string>& names() const { return names_; }

  // Errors: a name without a value, operands of the wrong type, division by zero. Both sides of
  // "and" and "or" are evaluated only where the first does not decide.
  absl::StatusOr<Value> Evaluate(const Lookup& lookup) const;
  // The same for formulas that must come to true or false, or to a finite number.
  absl::StatusOr<bool> Holds(const Lookup& lookup) const;
  absl::StatusOr<double> Number(const Lookup& lookup) const;

  struct Node;

 private:
  std::string text_;
  std::vector<std::string> names_;
  std::shared_ptr<const Node> root_;
};

}  // namespace lockstep::sweep
