// Formulas: what they mean, and what is said of those that mean nothing.

#include "tools/sweep/expression.h"

#include <map>
#include <string>
#include <variant>

// Last: its CHECK takes the place of ours.
#include "tests/support/doctest.h"

namespace lockstep::sweep {
namespace {

Lookup LookupOf(std::map<std::string, Value> values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<Value> {
    const auto found = values.find(std::string(name));
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

Lookup Sample() {
  return LookupOf({{"n", 7.0},
                   {"u", 2.0},
                   {"r", 2.0},
                   {"x", 3.5},
                   {"first.rate", 100.0},
                   {"protocol", std::string("picsou")},
                   {"is_on", true}});
}

double Number(std::string_view text) {
  CAPTURE(std::string(text));
  const auto parsed = Expression::Parse(text);
  REQUIRE_MESSAGE(parsed.ok(), std::string(parsed.status().message()));
  const auto value = parsed->Number(Sample());
  REQUIRE_MESSAGE(value.ok(), std::string(value.status().message()));
  return *value;
}

bool Holds(std::string_view text) {
  CAPTURE(std::string(text));
  const auto parsed = Expression::Parse(text);
  REQUIRE_MESSAGE(parsed.ok(), std::string(parsed.status().message()));
  const auto value = parsed->Holds(Sample());
  REQUIRE_MESSAGE(value.ok(), std::string(value.status().message()));
  return *value;
}

std::string ParseError(std::string_view text) {
  return std::string(Expression::Parse(text).status().message());
}

std::string EvaluateError(std::string_view text) {
  const auto parsed = Expression::Parse(text);
  REQUIRE_MESSAGE(parsed.ok(), std::string(parsed.status().message()));
  return std::string(parsed->Evaluate(Sample()).status().message());
}

TEST_CASE("expression: the paper's bound may be written as the paper writes it") {
  CHECK(Holds("n ≥ 2u+r+1"));  // 7 >= 2 * 2 + 2 + 1
  CHECK_FALSE(Holds("n > 2u+r+1"));
  CHECK(Holds("n >= 2u + r + 1"));
  CHECK(Holds("u ≤ 2 and u ≠ 3"));
}

TEST_CASE("expression: what binds tighter is done first") {
  CHECK(Number("1 + 2 * 3") == 7);
  CHECK(Number("(1 + 2) * 3") == 9);
  CHECK(Number("10 - 4 - 3") == 3);
  CHECK(Number("24 / 4 / 2") == 3);
  CHECK(Number("-u - -1") == -1);
  CHECK(Number("7 % 4 * 2") == 6);
  CHECK(Number("-7 % 4") == -3);
  CHECK(Holds("false and false or true"));
  CHECK(Holds("true or true and false"));
  CHECK(Holds("not u == 3"));
  CHECK(Holds("not (u == 2 and r == 3)"));
}

TEST_CASE("expression: a number before a name or a parenthesis multiplies, and binds tightest") {
  CHECK(Number("2u") == 4);
  CHECK(Number("2 (u + 1)") == 6);
  CHECK(Number("0.9 first.rate") == 90);
  CHECK(Number("8/2u") == 2);
  CHECK(Number("2 min(u, 9)") == 4);
  CHECK(Number("1e2 + 1.5e-1") == 100.15);
}

TEST_CASE("expression: functions round and choose, and nothing else rounds") {
  CHECK(Number("floor((n - 1) / 3)") == 2);
  CHECK(Number("ceil(x) + floor(x) + round(x)") == 4 + 3 + 4);
  CHECK(Number("round(-x)") == -4);
  CHECK(Number("max(u, n, 3) - min(u, n, 3)") == 5);
  CHECK(Number("abs(u - n)") == 5);
  CHECK(Number("n / 2") == 3.5);
}

TEST_CASE("expression: texts and truths are compared for being equal") {
  CHECK(Holds("protocol == \"picsou\""));
  CHECK(Holds("protocol != 'one-shot'"));
  CHECK(Holds("is_on == true"));
  CHECK(Holds("is_on"));
  CHECK(std::get<std::string>(Expression::Parse("'a b'").value().Evaluate(Sample()).value()) ==
        "a b");
}

TEST_CASE("expression: the right side of and, or is not looked at where the left decides") {
  CHECK_FALSE(Holds("n < 0 and 1 / 0 > 1"));
  CHECK(Holds("n > 0 or nobody > 1"));
  CHECK(EvaluateError("n > 0 and nobody > 1") == "\"nobody\" has no value");
}

TEST_CASE("expression: it lists the names it asks for, each once") {
  const auto names = Expression::Parse("n ≥ 2u+r+1 and n < first.n or max(u, 1) > 0").value();
  CHECK(names.names() == std::vector<std::string>{"first.n", "n", "r", "u"});
  CHECK(names.text() == "n ≥ 2u+r+1 and n < first.n or max(u, 1) > 0");
}

TEST_CASE("expression: an error of the text names the column and what was wanted") {
  CHECK(ParseError("n >= ()") == "column 7: want a number or a name, not \")\"");
  CHECK(ParseError("") == "column 1: want a number or a name, not the end");
  CHECK(ParseError("n ≥ ×") == "column 7: want a number or a name, not \"×\"");
  CHECK(ParseError("(n") == "column 3: want an operator or \")\", not the end");
  CHECK(ParseError("n u") == "column 3: want an operator or the end, not \"u\"");
  CHECK(ParseError("n = 3") == "column 3: want \"==\" to compare");
  CHECK(ParseError("1 < n < 5") ==
        "column 7: want \"and\" between two comparisons, as in \"1 < n and n < 5\"");
  CHECK(ParseError("n and and") == "column 7: want a number or a name, not \"and\"");
  CHECK(ParseError("flor(n)") ==
        "column 1: there is no function \"flor\"; did you mean \"floor\"?");
  CHECK(ParseError("min(n)") == "column 1: min wants two arguments or more, not 1");
  CHECK(ParseError("1 + abs(n, 2)") == "column 5: abs wants one argument, not 2");
  CHECK(ParseError("floor + 1") == "column 7: want \"(\" after floor, not \"+\"");
  CHECK(ParseError("'open") == "column 1: this quote is never closed");
  CHECK(ParseError("1 + 1e999") == "column 5: want a number that a double can hold, not 1e999");
  CHECK(ParseError("n && u") == "column 3: want an operator or the end, not \"&\"");
}

TEST_CASE("expression: one nested too deep is refused, and a long one does not crash") {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '(') + "n" +
           std::string(static_cast<std::size_t>(depth), ')');
  };
  CHECK(Number(nested(30)) == 7);
  CHECK(ParseError(nested(1'000)).find("nested deeper than 100") != std::string::npos);
  CHECK(ParseError(std::string(1'000, '(')).find("nested deeper than 100") != std::string::npos);
  CHECK(ParseError(std::string(1'000, '-')).find("nested deeper than 100") != std::string::npos);
  std::string sum = "1";
  for (int i = 0; i < 2'000; ++i) sum += "+1";
  CHECK(Number(sum) == 2'001);
  CHECK(ParseError(sum + sum) == "want a formula of at most 4096 bytes, not 8002");
}

TEST_CASE("expression: an error of a value says what was wanted") {
  CHECK(EvaluateError("nobody + 1") == "\"nobody\" has no value");
  CHECK(EvaluateError("1 / (u - 2)") == "division by zero");
  CHECK(EvaluateError("1 % (u - 2)") == "division by zero");
  CHECK(EvaluateError("protocol + 1") == "\"+\" wants numbers, not \"picsou\"");
  CHECK(EvaluateError("u and is_on") == "\"and\" wants true or false, not 2");
  CHECK(EvaluateError("floor(is_on)") == "\"floor\" wants numbers, not true");
  CHECK(EvaluateError("protocol == 3") ==
        "\"==\" compares \"picsou\" with 3, which are not of one kind");
  CHECK(EvaluateError("1e300 * 1e300") == "a result is too large");
  CHECK_FALSE(Expression::Parse("n").value().Holds(Sample()).ok());
  CHECK_FALSE(Expression::Parse("n > 1").value().Number(Sample()).ok());
}

TEST_CASE("expression: its own words are no names") {
  CHECK(IsWordOfFormulas("and"));
  CHECK(IsWordOfFormulas("min"));
  CHECK_FALSE(IsWordOfFormulas("n"));
}

}  // namespace
}  // namespace lockstep::sweep
