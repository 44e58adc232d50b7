// What readers of maps share: see graph_text.h.

#include "sim/scenario/graph_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::sim {
namespace {

// The position after the next `end`, from `at` on; that of the end of the text if there is none.
std::size_t After(std::string_view text, std::string_view end, std::size_t at) {
  const std::size_t found = text.find(end, at);
  return found == std::string_view::npos ? text.size() : found + end.size();
}

// The position after the '>' of a tag; those in its attributes' values do not count.
std::size_t AfterTag(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] != '>') {
    if (text[at] == '"' || text[at] == '\'')
      at = After(text, text.substr(at, 1), at + 1);
    else
      ++at;
  }
  return std::min(at + 1, text.size());
}

// A DOCTYPE may hold declarations in brackets.
std::size_t AfterDoctype(std::string_view text, std::size_t at) {
  for (std::size_t open = 0; at < text.size() && (open > 0 || text[at] != '>'); ++at) {
    if (text[at] == '[') ++open;
    if (text[at] == ']' && open > 0) --open;
  }
  return std::min(at + 1, text.size());
}

// A character as UTF-8; nothing for what is none.
std::string Utf8Of(std::uint32_t code) {
  const auto tail = [](std::uint32_t bits) { return static_cast<char>(0x80 | (bits & 0x3f)); };
  std::string text;
  if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return text;
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xc0 | code >> 6), tail(code)};
  if (code < 0x10000) return {static_cast<char>(0xe0 | code >> 12), tail(code >> 6), tail(code)};
  return {static_cast<char>(0xf0 | code >> 18), tail(code >> 12), tail(code >> 6), tail(code)};
}

// What stands between & and ;.
std::string EntityOf(std::string_view name) {
  constexpr std::pair<std::string_view, const char*> kNamed[] = {
      {"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}, {"nbsp", " "}};
  for (const auto& [known, meaning] : kNamed)
    if (name == known) return meaning;
  if (name.empty() || name[0] != '#') return "";
  name.remove_prefix(1);
  const bool is_hex = !name.empty() && (name[0] == 'x' || name[0] == 'X');
  if (is_hex) name.remove_prefix(1);
  std::uint32_t code = 0;
  const auto [end, error] =
      std::from_chars(name.data(), name.data() + name.size(), code, is_hex ? 16 : 10);
  return error == std::errc() && end == name.data() + name.size() ? Utf8Of(code) : "";
}

}  // namespace

std::size_t LineOf(std::string_view text, std::size_t position) {
  const std::string_view before = text.substr(0, position);
  return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

absl::Status WrongAt(std::string_view text, std::size_t position, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("line ", LineOf(text, position), ": ", what));
}

absl::Status NestedTooDeep(std::string_view text, std::size_t position) {
  return WrongAt(text, position, absl::StrCat("nested deeper than ", kNestedMax));
}

std::string WithoutEntities(std::string_view text) {
  constexpr std::size_t kNameMax = 10;
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t end = text[at] == '&' ? text.find(';', at) : std::string_view::npos;
    const std::string meant = end != std::string_view::npos && end - at <= kNameMax
                                  ? EntityOf(text.substr(at + 1, end - at - 1))
                                  : "";
    if (meant.empty()) {
      plain += text[at];
    } else {
      plain += meant;
      at = end;
    }
  }
  return plain;
}

absl::Status CheckXmlDepth(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t at = text.find('<'); at < text.size(); at = text.find('<', at)) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("<!--")) {
      at = After(text, "-->", at + 4);
    } else if (rest.starts_with("<![CDATA[")) {
      at = After(text, "]]>", at + 9);
    } else if (rest.starts_with("<?")) {
      at = After(text, "?>", at + 2);
    } else if (rest.starts_with("<!DOCTYPE")) {
      at = AfterDoctype(text, at + 9);
    } else if (rest.starts_with("<!")) {
      at = After(text, ">", at + 2);
    } else if (rest.starts_with("</")) {
      if (depth > 0) --depth;
      at = After(text, ">", at + 2);
    } else {
      const std::size_t begin = at;
      at = AfterTag(text, at + 1);
      if (text[at - 1] == '>' && text[at - 2] == '/') continue;
      if (depth++ == kNestedMax) return NestedTooDeep(text, begin);
    }
  }
  return absl::OkStatus();
}

}  // namespace lockstep::sim
