// Small formulas over named values: "n >= 2u + r + 1", "rate >= 0.9 first.rate".
//
// Grammar, from the loosest to the tightest: or; and; not; == != < <= > >= (also ≥ ≤ ≠), one at a
// time; + -; * / %; unary -; a number before a name or a parenthesis multiplies, so 1/2u is
// 1/(2u). Literals: numbers, "strings" (also in single quotes), true, false. Functions: min, max
// (two or more arguments), abs, floor, ceil, round (halves away from zero). Numbers are doubles;
// only those functions round. % leaves a rest of the sign of its left side. Names may have dots.

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
  // Errors name the column (in bytes, from 1) and what was wanted there. Texts are bounded in
  // length and depth, so that no formula exhausts the stack.
  static absl::StatusOr<Expression> Parse(std::string_view text);

  const std::string& text() const { return text_; }
  // The names it asks for, sorted, each once.
  const std::vector<std::string>& names() const { return names_; }

  // Errors: a name without a value, operands of the wrong type, division by zero, results beyond a
  // double. The right side of "and" and "or" is evaluated only where the left does not decide.
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

// Whether a formula reads `name` as something of its own ("and", "min"), so that nothing else can
// be called that.
bool IsWordOfFormulas(std::string_view name);

}  // namespace lockstep::sweep
