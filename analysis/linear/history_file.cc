// Histories as files: see history_file.h.

#include "analysis/linear/history_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "analysis/linear/edn.h"
#include "protocols/core/check.h"

namespace lockstep::analysis::linear {
namespace {

enum class Type : std::uint8_t { kInvoke, kOk, kFail, kInfo };
constexpr std::array<std::string_view, 4> kTypeNames = {":invoke", ":ok", ":fail", ":info"};

// One line that speaks of an operation.
struct Line {
  std::uint64_t process = 0;
  Type type = Type::kInvoke;
  std::string f;
  std::optional<Edn> key;
  std::optional<Edn> value;
  bool has_error = false;  // it says why it failed
};

// A line is one of these, or an error.
struct Read {
  bool is_operation = false;
  Line line;
};

constexpr std::string_view kWantedLog =
    "want a process, :invoke, :ok, :fail or :info, an operation and its value, such as "
    "`2 :invoke :cas [3 0]`";
constexpr std::string_view kWantedEdn =
    "want {:process 0, :type :invoke, :f :append, :key \"4\", :value \"x\"}, with :invoke, :ok, "
    ":fail or :info as its :type";

absl::Status Wanted(std::string_view what, std::string_view got) {
  constexpr std::size_t kShown = 80;
  std::string text(got.substr(0, kShown));
  if (got.size() > kShown) text += "...";
  return absl::InvalidArgumentError(absl::StrCat(std::string(what), "; got: ", text));
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string_view TakeWord(std::string_view& text) {
  text = Trimmed(text);
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(word.size());
  return word;
}

std::optional<Type> TypeOf(std::string_view word) {
  const auto found = std::find(kTypeNames.begin(), kTypeNames.end(), word);
  if (found == kTypeNames.end()) return std::nullopt;
  return static_cast<Type>(found - kTypeNames.begin());
}

std::optional<std::uint64_t> NumberOf(std::string_view word) {
  std::uint64_t number = 0;
  const bool is_digits = !word.empty() && word.find_first_not_of("0123456789") == word.npos;
  if (!is_digits || !absl::SimpleAtoi(std::string(word), &number)) return std::nullopt;
  return number;
}

// --- Lines of a log ---

// Where in `text` a log's operation begins: behind the name of the logger, at a number; or at the
// beginning of a line that somebody has cut.
std::optional<std::string_view> OperationIn(std::string_view text) {
  constexpr std::string_view kLogger = "jepsen.util";
  const std::size_t logger = text.find(kLogger);
  if (logger != std::string_view::npos) {
    text.remove_prefix(logger + kLogger.size());
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t-:")));
  }
  std::string_view rest = text;
  const bool is_process = NumberOf(TakeWord(rest)).has_value();
  const bool is_operation = is_process && (logger != text.npos || TypeOf(TakeWord(rest)));
  return is_operation ? std::optional(text) : std::nullopt;
}

absl::StatusOr<Read> ReadLogLine(std::string_view text) {
  const std::optional<std::string_view> operation = OperationIn(text);
  if (!operation) return Read();
  std::string_view rest = *operation;
  const std::optional<std::uint64_t> process = NumberOf(TakeWord(rest));
  CHECK(process.has_value());
  const std::optional<Type> type = TypeOf(TakeWord(rest));
  const std::string_view f = TakeWord(rest);
  if (!type || f.size() < 2 || f[0] != ':') return Wanted(kWantedLog, *operation);
  Read read{true, {*process, *type, std::string(f), std::nullopt, std::nullopt, false}};
  rest = Trimmed(rest);
  if (!rest.empty()) {
    read.line.value = TakeEdn(rest);
    if (!read.line.value) return Wanted(kWantedLog, *operation);
  }
  read.line.has_error = !Trimmed(rest).empty();
  return read;
}

// --- Lines of EDN ---

bool IsEdnLine(std::string_view text) {
  if (text.empty() || (text[0] != '{' && text[0] != '#' && text[0] != '[')) return false;
  const auto has = [&](std::string_view word) { return text.find(word) != text.npos; };
  return has("{") && (has(":process") || (has(":type") && has(":f ")));
}

absl::StatusOr<Read> ReadEdnLine(std::string_view text) {
  const std::string_view whole = text;
  if (text[0] == '[') text.remove_prefix(1);  // Of a vector around all lines.
  const std::optional<Edn> map = TakeEdn(text);
  while (!text.empty() && (text.back() == ']' || text.back() == ' ')) text.remove_suffix(1);
  if (!map || map->kind != Edn::Kind::kMap || !text.empty()) return Wanted(kWantedEdn, whole);
  const Edn* const process = map->Find(":process");
  const Edn* const type = map->Find(":type");
  const Edn* const f = map->Find(":f");
  if (process == nullptr || type == nullptr || f == nullptr) return Wanted(kWantedEdn, whole);
  if (process->kind == Edn::Kind::kKeyword) return Read();  // Such as the nemesis.
  const std::optional<std::uint64_t> number = NumberOf(process->text);
  const std::optional<Type> which = TypeOf(type->text);
  if (!number || !which || f->kind != Edn::Kind::kKeyword) return Wanted(kWantedEdn, whole);
  Read read{true, {*number, *which, f->text, std::nullopt, std::nullopt, false}};
  if (const Edn* const key = map->Find(":key")) read.line.key = *key;
  if (const Edn* const value = map->Find(":value")) read.line.value = *value;
  read.line.has_error = map->Find(":error") != nullptr;
  return read;
}

absl::StatusOr<Read> ReadLine(std::string_view text) {
  return IsEdnLine(text) ? ReadEdnLine(text) : ReadLogLine(text);
}

// --- From lines to a history ---

struct Name {
  std::string_view f;
  Action action;
  Model model;
};
constexpr std::array<Name, 6> kNames = {{{":read", Action::kRead, Model::kRegister},
                                         {":write", Action::kWrite, Model::kRegister},
                                         {":cas", Action::kCompareAndSet, Model::kRegister},
                                         {":get", Action::kRead, Model::kKeyValue},
                                         {":put", Action::kWrite, Model::kKeyValue},
                                         {":append", Action::kAppend, Model::kKeyValue}}};

bool IsTimedOut(const std::optional<Edn>& value) { return value && value->IsKeyword(":timed-out"); }

class Collector {
 public:
  explicit Collector(Model model) : model_(model) {
    history_.initial = model == Model::kRegister ? "nil" : "";
  }

  absl::Status Add(const Line& line, std::uint32_t number) {
    const auto* const name = std::find_if(kNames.begin(), kNames.end(), [&](const Name& each) {
      return each.model == model_ && each.f == line.f;
    });
    if (name == kNames.end()) return WrongOperation(line.f);
    return line.type == Type::kInvoke ? Invoke(line, name->action, number)
                                      : Complete(line, name->action, number);
  }
  History Take() {
    std::vector<Operation> kept;
    for (std::size_t i = 0; i < history_.operations.size(); ++i) {
      if (!is_void_[i]) kept.push_back(std::move(history_.operations[i]));
    }
    history_.operations = std::move(kept);
    return std::move(history_);
  }

 private:
  absl::Status WrongOperation(const std::string& f) const {
    for (const Name& each : kNames) {
      if (each.f != f) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("want an operation of the model that was asked for; ", f, " is one of ",
                       each.model == Model::kRegister ? "--model register" : "--model kv"));
    }
    return absl::InvalidArgumentError(absl::StrCat(
        model_ == Model::kRegister ? "want :read, :write or :cas" : "want :get, :put or :append",
        "; got: ", f));
  }

  // A value as the model compares it.
  std::string Text(const Edn& value) const {
    if (model_ == Model::kRegister) return value.ToString();
    if (value.IsNil()) return "";
    return value.kind == Edn::Kind::kString ? value.text : value.ToString();
  }

  static absl::Status Want(std::string_view what) {
    return absl::InvalidArgumentError(std::string(what));
  }

  absl::Status Invoke(const Line& line, Action action, std::uint32_t number) {
    const auto open = open_.find(line.process);
    if (open != open_.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("process ", line.process, " invokes an operation while the one of line ",
                       history_.operations[open->second].invoked_line,
                       " is open; want its :ok, :fail or :info first"));
    }
    Operation operation;
    operation.action = action;
    operation.process = line.process;
    operation.invoked = place_++;
    operation.invoked_line = number;
    if (model_ == Model::kKeyValue && !line.key) return Want("want a :key");
    if (line.key) operation.key = line.key->ToString();
    if (action == Action::kCompareAndSet) {
      if (!line.value || line.value->kind != Edn::Kind::kVector || line.value->items.size() != 2)
        return Want(
            "want a pair such as [3 0] as the value of :cas: what it expects, what it sets");
      operation.expected = Text(line.value->items[0]);
      operation.value = Text(line.value->items[1]);
    } else if (action != Action::kRead) {
      if (!line.value) return Want(absl::StrCat("want a value to ", line.f.substr(1)));
      operation.value = Text(*line.value);
    }
    open_[line.process] = static_cast<std::uint32_t>(history_.operations.size());
    history_.operations.push_back(std::move(operation));
    is_void_.push_back(false);
    return absl::OkStatus();
  }

  absl::Status Complete(const Line& line, Action action, std::uint32_t number) {
    const auto open = open_.find(line.process);
    if (open == open_.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "process ", line.process, " has nothing open that could end; want its :invoke first"));
    }
    const std::uint32_t index = open->second;
    Operation& operation = history_.operations[index];
    if (operation.action != action || (line.key && operation.key != line.key->ToString())) {
      return absl::InvalidArgumentError(absl::StrCat("want the end of what process ", line.process,
                                                     " invoked in line ", operation.invoked_line,
                                                     ": ", Describe(operation, model_)));
    }
    if (const absl::Status status = End(line, operation, is_void_, index); !status.ok())
      return status;
    operation.returned_line = number;
    if (line.type != Type::kInfo) operation.returned = place_++;
    open_.erase(open);
    return absl::OkStatus();
  }

  absl::Status End(const Line& line, Operation& operation, std::vector<bool>& is_void,
                   std::uint32_t index) const {
    const bool is_read = operation.action == Action::kRead;
    if (line.type == Type::kOk && IsTimedOut(line.value))
      return Want("want :info of an operation that has timed out, not :ok");
    if (line.type == Type::kOk && is_read) {
      if (!line.value) return Want("want the value that was read");
      operation.value = Text(*line.value);
    }
    if (line.type == Type::kFail) {
      operation.is_refused = operation.action == Action::kCompareAndSet && !line.has_error &&
                             line.value && line.value->kind == Edn::Kind::kVector;
      is_void[index] = !operation.is_refused;
    }
    return absl::OkStatus();
  }

  Model model_;
  History history_;
  std::vector<bool> is_void_;  // is_void_[operation]: it says nothing
  std::uint32_t place_ = 0;
  absl::flat_hash_map<std::uint64_t, std::uint32_t> open_;  // by process; only looked up
};

}  // namespace

absl::StatusOr<HistoryFile> ReadHistory(std::istream& in, const std::string& name, Model model) {
  HistoryFile file;
  Collector collector(model);
  bool has_operations = false;
  for (std::string text; std::getline(in, text);) {
    ++file.lines;
    std::string_view line = text;
    if (file.lines == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    line = Trimmed(line);
    if (line.empty()) continue;
    const absl::StatusOr<Read> read = ReadLine(line);
    absl::Status status = read.status();
    if (status.ok() && read->is_operation)
      status = collector.Add(read->line, static_cast<std::uint32_t>(file.lines));
    if (!status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ":", file.lines, ": ", status.message()));
    }
    has_operations = has_operations || read->is_operation;
    if (!read->is_operation) ++file.skipped;
  }
  if (!has_operations) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": none of its ", file.lines, " lines is an operation; want lines as ",
                     "`INFO  jepsen.util - 2 :invoke :cas [3 0]` or ",
                     R"(`{:process 0, :type :invoke, :f :append, :key "4", :value "x"}`)"));
  }
  file.history = collector.Take();
  return file;
}

std::string Describe(const Operation& operation, Model model) {
  const auto* const name = std::find_if(kNames.begin(), kNames.end(), [&](const Name& each) {
    return each.model == model && each.action == operation.action;
  });
  std::string text(name->f);
  if (!operation.key.empty()) absl::StrAppend(&text, " ", operation.key);
  const auto shown = [&](const std::string& value) {
    return model == Model::kRegister ? value : Edn{Edn::Kind::kString, value, {}}.ToString();
  };
  switch (operation.action) {
    case Action::kRead:
      if (operation.has_returned()) absl::StrAppend(&text, " -> ", shown(operation.value));
      break;
    case Action::kCompareAndSet:
      absl::StrAppend(&text, " [", shown(operation.expected), " ", shown(operation.value), "]",
                      operation.is_refused ? " -> refused" : "");
      break;
    case Action::kWrite:
    case Action::kAppend:
      absl::StrAppend(&text, " ", shown(operation.value));
  }
  return text;
}

}  // namespace lockstep::analysis::linear
