// Small formulas: see expression.h.
//
// Parsed by descent into a tree, and evaluated by walking it. Both recurse: the parser at most
// kDepthMax deep, the walk at most as deep as a text of kBytesMax is long.

#include "tools/sweep/expression.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/parameters/parameters.h"

namespace lockstep::sweep {
namespace {

constexpr std::size_t kBytesMax = 4'096;
constexpr int kDepthMax = 100;

enum class Op : std::uint8_t {
  kLiteral,
  kName,
  kOr,
  kAnd,
  kNot,
  kEqual,
  kUnequal,
  kLess,
  kAtMost,
  kGreater,
  kAtLeast,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kRest,
  kNegate,
  kMin,
  kMax,
  kAbs,
  kFloor,
  kCeil,
  kRound,
};

struct OpName {
  std::string_view text;
  Op op;
};
using OpNames = std::vector<OpName>;

// Longer spellings first, since the first that fits is taken.
const OpNames& Comparisons() {
  static const OpNames kOps = {{"==", Op::kEqual},  {"!=", Op::kUnequal}, {"≠", Op::kUnequal},
                               {"<=", Op::kAtMost}, {"≤", Op::kAtMost},   {">=", Op::kAtLeast},
                               {"≥", Op::kAtLeast}, {"<", Op::kLess},     {">", Op::kGreater}};
  return kOps;
}
const OpNames& Sums() {
  static const OpNames kOps = {{"+", Op::kAdd}, {"-", Op::kSubtract}};
  return kOps;
}
const OpNames& Products() {
  static const OpNames kOps = {{"*", Op::kMultiply}, {"/", Op::kDivide}, {"%", Op::kRest}};
  return kOps;
}
const OpNames& Functions() {
  static const OpNames kOps = {{"min", Op::kMin},     {"max", Op::kMax},   {"abs", Op::kAbs},
                               {"floor", Op::kFloor}, {"ceil", Op::kCeil}, {"round", Op::kRound}};
  return kOps;
}

std::optional<Op> OpNamed(const OpNames& ops, std::string_view text) {
  for (const OpName& op : ops)
    if (op.text == text) return op.op;
  return std::nullopt;
}

std::string_view TextOf(Op op) {
  for (const OpNames* ops : {&Comparisons(), &Sums(), &Products(), &Functions()})
    for (const OpName& known : *ops)
      if (known.op == op) return known.text;
  if (op == Op::kNegate) return "-";
  return op == Op::kOr ? "or" : op == Op::kAnd ? "and" : "not";
}

bool IsKeyword(std::string_view word) {
  return word == "or" || word == "and" || word == "not" || word == "true" || word == "false";
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsNamePart(char c) { return IsNameStart(c) || IsDigit(c); }

std::string ShownValue(const Value& value) {
  if (const double* number = std::get_if<double>(&value)) return absl::StrCat(*number);
  if (const bool* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  return absl::StrCat("\"", std::get<std::string>(value), "\"");
}

}  // namespace

struct Expression::Node {
  Op op = Op::kLiteral;
  Value literal;
  std::string name;
  std::vector<Node> children;
};

namespace {

using Node = Expression::Node;

// --- Text to tree ---

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Node Parse() {
    Node root = Or();
    SkipBlanks();
    if (ok() && at_ < text_.size()) {
      if (text_[at_] == '=') {
        Fail("want \"==\" to compare");
      } else {
        FailWanted("an operator or the end");
      }
    }
    return root;
  }
  bool ok() const { return error_.empty(); }
  const std::string& error() const { return error_; }
  const std::set<std::string>& names() const { return names_; }

 private:
  // One level of nesting, for as long as it lives.
  class Level {
   public:
    explicit Level(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kDepthMax)
        parser_.Fail(absl::StrCat("nested deeper than ", kDepthMax));
    }
    ~Level() { --parser_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Parser& parser_;
  };

  Node Or() {
    const Level level(*this);
    if (!ok()) return {};
    Node left = And();
    while (ok() && TakeWord("or")) left = Pair(Op::kOr, std::move(left), And());
    return left;
  }
  Node And() {
    Node left = Not();
    while (ok() && TakeWord("and")) left = Pair(Op::kAnd, std::move(left), Not());
    return left;
  }
  Node Not() {
    const Level level(*this);
    if (!ok()) return {};
    if (TakeWord("not")) return Single(Op::kNot, Not());
    return Comparison();
  }
  Node Comparison() {
    Node left = Sum();
    const std::optional<Op> op = Take(Comparisons());
    if (!ok() || !op) return left;
    left = Pair(*op, std::move(left), Sum());
    const std::size_t again = at_;
    if (ok() && Take(Comparisons())) {
      at_ = again;
      SkipBlanks();
      Fail("want \"and\" between two comparisons, as in \"1 < n and n < 5\"");
    }
    return left;
  }
  Node Sum() {
    Node left = Product();
    while (ok()) {
      const std::optional<Op> op = Take(Sums());
      if (!op) break;
      left = Pair(*op, std::move(left), Product());
    }
    return left;
  }
  Node Product() {
    Node left = Unary();
    while (ok()) {
      const std::optional<Op> op = Take(Products());
      if (!op) break;
      left = Pair(*op, std::move(left), Unary());
    }
    return left;
  }
  Node Unary() {
    const Level level(*this);
    if (!ok()) return {};
    if (TakeText("-")) return Single(Op::kNegate, Unary());
    SkipBlanks();
    if (at_ < text_.size() && IsDigit(text_[at_])) return NumberAndWhatItMultiplies();
    return Atom();
  }
  Node NumberAndWhatItMultiplies() {
    Node number = Number();
    SkipBlanks();
    if (!ok() || at_ == text_.size()) return number;
    const bool is_name = IsNameStart(text_[at_]) && !IsKeyword(WordHere());
    if (!is_name && text_[at_] != '(') return number;
    return Pair(Op::kMultiply, std::move(number), Atom());
  }
  // All but numbers.
  Node Atom() {
    SkipBlanks();
    if (TakeText("(")) {
      Node inner = Or();
      if (ok() && !TakeText(")")) FailWanted("an operator or \")\"");
      return inner;
    }
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) return Quoted();
    const std::string_view word = WordHere();
    if (word == "true" || word == "false") {
      at_ += word.size();
      return Literal(word == "true");
    }
    if (word.empty() || IsKeyword(word)) {
      FailWanted("a number or a name");
      return {};
    }
    return NameOrCall(word);
  }
  Node NameOrCall(std::string_view word) {
    const std::size_t start = at_;
    at_ += word.size();
    const std::optional<Op> function = OpNamed(Functions(), word);
    const bool is_call = TakeText("(");
    if (is_call && !function) {
      at_ = start;
      FailFunction(word);
      return {};
    }
    if (is_call) return Call(*function, start);
    if (function) {
      FailWanted(absl::StrCat("\"(\" after ", std::string(word)));
      return {};
    }
    Node node;
    node.op = Op::kName;
    node.name = std::string(word);
    names_.insert(node.name);
    return node;
  }
  Node Call(Op function, std::size_t start) {
    Node call;
    call.op = function;
    do call.children.push_back(Or());
    while (ok() && TakeText(","));
    if (ok() && !TakeText(")")) FailWanted("\",\" or \")\"");
    const bool is_of_many = function == Op::kMin || function == Op::kMax;
    if (ok() && is_of_many != (call.children.size() > 1)) {
      at_ = start;
      Fail(absl::StrCat(std::string(TextOf(function)), " wants ",
                        is_of_many ? "two arguments or more" : "one argument", ", not ",
                        call.children.size()));
    }
    return call;
  }

  Node Number() {
    const std::size_t start = at_;
    const auto skip_digits = [&] {
      while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
    };
    const auto digit_at = [&](std::size_t i) { return i < text_.size() && IsDigit(text_[i]); };
    skip_digits();
    if (at_ < text_.size() && text_[at_] == '.' && digit_at(at_ + 1)) {
      ++at_;
      skip_digits();
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      const bool is_signed =
          at_ + 1 < text_.size() && (text_[at_ + 1] == '-' || text_[at_ + 1] == '+');
      const std::size_t digits = at_ + (is_signed ? 2 : 1);
      if (digit_at(digits)) {
        at_ = digits;
        skip_digits();
      }
    }
    double value = 0;
    if (std::from_chars(text_.data() + start, text_.data() + at_, value).ec != std::errc()) {
      const std::string shown(text_.substr(start, at_ - start));
      at_ = start;
      Fail(absl::StrCat("want a number that a double can hold, not ", shown));
    }
    return Literal(value);
  }
  Node Quoted() {
    const std::size_t end = text_.find(text_[at_], at_ + 1);
    if (end == std::string_view::npos) {
      Fail("this quote is never closed");
      return {};
    }
    const std::string_view inner = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return Literal(std::string(inner));
  }

  static Node Literal(Value value) {
    Node node;
    node.literal = std::move(value);
    return node;
  }
  static Node Single(Op op, Node child) {
    Node node;
    node.op = op;
    node.children.push_back(std::move(child));
    return node;
  }
  static Node Pair(Op op, Node left, Node right) {
    Node node = Single(op, std::move(left));
    node.children.push_back(std::move(right));
    return node;
  }

  void SkipBlanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n'))
      ++at_;
  }
  // The name or keyword that begins here, dots included; may be empty.
  std::string_view WordHere() const {
    std::size_t end = at_;
    while (end < text_.size() && IsNameStart(text_[end])) {
      while (end < text_.size() && IsNamePart(text_[end])) ++end;
      if (end + 1 < text_.size() && text_[end] == '.' && IsNameStart(text_[end + 1])) ++end;
    }
    return text_.substr(at_, end - at_);
  }
  bool TakeText(std::string_view wanted) {
    SkipBlanks();
    if (text_.substr(at_, wanted.size()) != wanted) return false;
    at_ += wanted.size();
    return true;
  }
  bool TakeWord(std::string_view wanted) {
    SkipBlanks();
    return WordHere() == wanted && TakeText(wanted);
  }
  std::optional<Op> Take(const OpNames& ops) {
    if (!ok()) return std::nullopt;
    for (const OpName& op : ops)
      if (TakeText(op.text)) return op.op;
    return std::nullopt;
  }

  // What stands here, for messages: a word, a number or one character, which may have many bytes.
  std::string Here() {
    SkipBlanks();
    if (at_ >= text_.size()) return "the end";
    std::size_t end = at_ + std::max<std::size_t>(1, WordHere().size());
    while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0U) == 0x80U) ++end;
    return absl::StrCat("\"", std::string(text_.substr(at_, end - at_)), "\"");
  }
  void Fail(std::string_view what) {
    if (error_.empty()) error_ = absl::StrCat("column ", at_ + 1, ": ", std::string(what));
  }
  void FailWanted(std::string_view wanted) {
    const std::string here = Here();
    Fail(absl::StrCat("want ", std::string(wanted), ", not ", here));
  }
  void FailFunction(std::string_view word) {
    std::vector<std::string> known;
    for (const OpName& function : Functions()) known.emplace_back(function.text);
    const std::optional<std::string> nearest = Nearest(word, known);
    Fail(absl::StrCat("there is no function \"", std::string(word), "\"; ",
                      nearest ? absl::StrCat("did you mean \"", *nearest, "\"?")
                              : absl::StrCat("there are: ", absl::StrJoin(known, ", "))));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::string error_;
  std::set<std::string> names_;
};

// --- Tree to value ---

class Evaluator {
 public:
  explicit Evaluator(const Lookup& lookup) : lookup_(lookup) {}

  Value Of(const Node& node) {
    switch (node.op) {
      case Op::kLiteral:
        return node.literal;
      case Op::kName:
        return Named(node.name);
      case Op::kOr:
      case Op::kAnd: {
        const bool deciding = node.op == Op::kOr;
        if (BoolOf(node, 0) == deciding || !ok()) return deciding;
        return BoolOf(node, 1);
      }
      case Op::kNot:
        return !BoolOf(node, 0);
      case Op::kEqual:
      case Op::kUnequal:
        return AreEqual(node) == (node.op == Op::kEqual);
      default:
        return OfNumbers(node);
    }
  }
  bool ok() const { return error_.empty(); }
  const std::string& error() const { return error_; }

 private:
  Value Named(const std::string& name) {
    std::optional<Value> value = lookup_(name);
    if (!value) {
      Fail(absl::StrCat("\"", name, "\" has no value"));
      return 0.0;
    }
    if (const double* number = std::get_if<double>(&*value); number && !std::isfinite(*number))
      Fail(absl::StrCat("\"", name, "\" is no finite number"));
    return *std::move(value);
  }
  bool AreEqual(const Node& node) {
    const Value left = Of(node.children[0]);
    const Value right = Of(node.children[1]);
    if (ok() && left.index() != right.index())
      Fail(absl::StrCat("\"", std::string(TextOf(node.op)), "\" compares ", ShownValue(left),
                        " with ", ShownValue(right), ", which are not of one kind"));
    return left == right;
  }
  Value OfNumbers(const Node& node) {
    double result = NumberOf(node, 0);
    if (node.op == Op::kMin || node.op == Op::kMax) {
      for (std::size_t i = 1; i < node.children.size(); ++i) {
        const double next = NumberOf(node, i);
        result = node.op == Op::kMin ? std::min(result, next) : std::max(result, next);
      }
      return result;
    }
    if (node.children.size() == 1) return OfOne(node.op, result);
    return OfTwo(node.op, result, NumberOf(node, 1));
  }
  static Value OfOne(Op op, double number) {
    switch (op) {
      case Op::kAbs:
        return std::abs(number);
      case Op::kFloor:
        return std::floor(number);
      case Op::kCeil:
        return std::ceil(number);
      case Op::kRound:
        return std::round(number);
      default:
        return -number;
    }
  }
  Value OfTwo(Op op, double left, double right) {
    switch (op) {
      case Op::kLess:
        return left < right;
      case Op::kAtMost:
        return left <= right;
      case Op::kGreater:
        return left > right;
      case Op::kAtLeast:
        return left >= right;
      case Op::kAdd:
        return Finite(left + right);
      case Op::kSubtract:
        return Finite(left - right);
      case Op::kMultiply:
        return Finite(left * right);
      default:
        break;
    }
    if (right == 0) {
      Fail("division by zero");
      return 0.0;
    }
    return op == Op::kDivide ? Finite(left / right) : std::fmod(left, right);
  }

  double Finite(double number) {
    if (!std::isfinite(number)) Fail("a result is too large");
    return number;
  }
  bool BoolOf(const Node& node, std::size_t child) {
    const Value value = Of(node.children[child]);
    if (const bool* flag = std::get_if<bool>(&value)) return *flag;
    FailType(node.op, "true or false", value);
    return false;
  }
  double NumberOf(const Node& node, std::size_t child) {
    const Value value = Of(node.children[child]);
    if (const double* number = std::get_if<double>(&value)) return *number;
    FailType(node.op, "numbers", value);
    return 0;
  }
  void FailType(Op op, const char* wanted, const Value& value) {
    Fail(absl::StrCat("\"", std::string(TextOf(op)), "\" wants ", wanted, ", not ",
                      ShownValue(value)));
  }
  void Fail(std::string what) {
    if (error_.empty()) error_ = std::move(what);
  }

  const Lookup& lookup_;
  std::string error_;
};

}  // namespace

bool IsWordOfFormulas(std::string_view name) {
  return IsKeyword(name) || OpNamed(Functions(), name).has_value();
}

absl::StatusOr<Expression> Expression::Parse(std::string_view text) {
  if (text.size() > kBytesMax)
    return absl::InvalidArgumentError(
        absl::StrCat("want a formula of at most ", kBytesMax, " bytes, not ", text.size()));
  Parser parser(text);
  Node root = parser.Parse();
  if (!parser.ok()) return absl::InvalidArgumentError(parser.error());
  Expression expression;
  expression.text_ = std::string(text);
  expression.names_.assign(parser.names().begin(), parser.names().end());
  expression.root_ = std::make_shared<const Node>(std::move(root));
  return expression;
}

absl::StatusOr<Value> Expression::Evaluate(const Lookup& lookup) const {
  if (root_ == nullptr) return absl::InvalidArgumentError("an empty formula");
  Evaluator evaluator(lookup);
  Value value = evaluator.Of(*root_);
  if (!evaluator.ok()) return absl::InvalidArgumentError(evaluator.error());
  return value;
}

absl::StatusOr<bool> Expression::Holds(const Lookup& lookup) const {
  const absl::StatusOr<Value> value = Evaluate(lookup);
  if (!value.ok()) return value.status();
  if (const bool* flag = std::get_if<bool>(&*value)) return *flag;
  return absl::InvalidArgumentError(
      absl::StrCat("want a formula that is true or false, not ", ShownValue(*value)));
}

absl::StatusOr<double> Expression::Number(const Lookup& lookup) const {
  const absl::StatusOr<Value> value = Evaluate(lookup);
  if (!value.ok()) return value.status();
  if (const double* number = std::get_if<double>(&*value)) return *number;
  return absl::InvalidArgumentError(
      absl::StrCat("want a formula that is a number, not ", ShownValue(*value)));
}

}  // namespace lockstep::sweep
