// Changes to a scenario from the command line: a JSON pointer and what shall stand there.

#include "sim/scenario/override.h"

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/parameters/parameters.h"

namespace lockstep::sim {
namespace {

using nlohmann::json;

// Why nothing called `token` can stand in `parent`, which is at `pointer`.
std::string WhyNot(const json& parent, const std::string& pointer, const std::string& token) {
  const std::string place = pointer.empty() ? "the scenario" : pointer;
  if (parent.is_array())
    return absl::StrCat(place, " has ", parent.size(), " elements, from 0 on; ", pointer,
                        "/- appends");
  if (!parent.is_object())
    return absl::StrCat(place, " is ", Shown(parent), ", in which nothing can stand");
  std::vector<std::string> keys;
  for (const auto& [key, value] : parent.items()) keys.push_back(key);
  const std::string missing = absl::StrCat("there is no ", pointer, "/", EscapeForPointer(token));
  if (const std::optional<std::string> nearest = Nearest(token, keys))
    return absl::StrCat(missing, "; did you mean ", pointer, "/", EscapeForPointer(*nearest), "?");
  return absl::StrCat(missing, "; ", place, " has: ", absl::StrJoin(keys, ", "));
}

json Parsed(const std::string& text) {
  absl::StatusOr<json> value = ParseJson(text, "value");
  return value.ok() ? *std::move(value) : json(text);
}

// Strings in a scenario are UTF-8, since traces hold them as JSON.
bool IsUtf8(const std::string& text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::ignore) ==
         json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

absl::Status Apply(const Override& change, json& document) {
  const auto refuse = [&](const std::string& why) {
    return absl::InvalidArgumentError(
        absl::StrCat("--set ", change.first, "=", change.second, ": ", why));
  };
  const auto tokens = PointerTokens(change.first);
  if (!tokens.has_value()) return refuse("want a JSON pointer such as /run/seed");
  if (!IsUtf8(change.first) || !IsUtf8(change.second)) return refuse("want UTF-8");
  json* parent = &document;
  std::string pointer;
  for (std::size_t i = 0; i + 1 < tokens->size(); ++i) {
    json* child = ChildAt(*parent, (*tokens)[i]);
    // What is appended to where there is no list yet begins one.
    const bool is_append = i + 2 == tokens->size() && tokens->back() == "-";
    if (child == nullptr && is_append && parent->is_object())
      child = &((*parent)[(*tokens)[i]] = json::array());
    if (child == nullptr) return refuse(WhyNot(*parent, pointer, (*tokens)[i]));
    parent = child;
    absl::StrAppend(&pointer, "/", EscapeForPointer((*tokens)[i]));
  }
  const std::string& last = tokens->back();
  if (parent->is_object()) {
    (*parent)[last] = Parsed(change.second);
  } else if (parent->is_array() && last == "-") {
    parent->push_back(Parsed(change.second));
  } else if (json* child = ChildAt(*parent, last)) {
    *child = Parsed(change.second);
  } else {
    return refuse(WhyNot(*parent, pointer, last));
  }
  return absl::OkStatus();
}

}  // namespace lockstep::sim
