// JSON pointers: escaped, taken apart, followed.
//
// Source: RFC 6901. Walked by hand, since the library's own pointers throw.

#include <string>
#include <string_view>
#include <vector>

#include "protocols/parameters/parameters.h"

namespace lockstep {
namespace {

using nlohmann::json;

// An array index: digits without a leading zero.
std::optional<std::size_t> IndexOf(const std::string& token) {
  if (token.empty() || token.size() > 9 || (token.size() > 1 && token[0] == '0'))
    return std::nullopt;
  std::size_t index = 0;
  for (const char c : token) {
    if (c < '0' || c > '9') return std::nullopt;
    index = 10 * index + static_cast<std::size_t>(c - '0');
  }
  return index;
}

// For values that may be changed, and for those that may not.
template <typename Json>
Json* Child(Json& parent, const std::string& token) {
  if (parent.is_object()) {
    const auto found = parent.find(token);
    return found == parent.end() ? nullptr : &*found;
  }
  const std::optional<std::size_t> index = IndexOf(token);
  if (!parent.is_array() || !index.has_value() || *index >= parent.size()) return nullptr;
  return &parent[*index];
}

}  // namespace

std::string EscapeForPointer(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '~') {
      escaped += "~0";
    } else if (c == '/') {
      escaped += "~1";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::optional<std::vector<std::string>> PointerTokens(std::string_view pointer) {
  if (pointer.empty() || pointer.front() != '/') return std::nullopt;
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      tokens.emplace_back();
    } else if (pointer[i] != '~') {
      tokens.back() += pointer[i];
    } else {
      ++i;
      if (i == pointer.size() || (pointer[i] != '0' && pointer[i] != '1')) return std::nullopt;
      tokens.back() += pointer[i] == '0' ? '~' : '/';
    }
  }
  return tokens;
}

json* ChildAt(json& parent, const std::string& token) { return Child(parent, token); }

const json* FindAt(const json& document, std::string_view pointer) {
  if (pointer.empty()) return &document;
  const std::optional<std::vector<std::string>> tokens = PointerTokens(pointer);
  if (!tokens) return nullptr;
  const json* at = &document;
  for (const std::string& token : *tokens)
    if (at = Child(*at, token); at == nullptr) return nullptr;
  return at;
}

}  // namespace lockstep
