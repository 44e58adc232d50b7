// Text to JSON: strict, without exceptions, with line and column.

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "protocols/parameters/parameters.h"

namespace lockstep {
namespace {

using nlohmann::json;

constexpr std::size_t kDepthMax = 64;  // Deeper than anybody writes, shallow enough to recurse.
constexpr std::size_t kFileBytesMax = std::size_t{64} << 20;

// Walks over the text and tells how far the parser, which keeps a copy of it, has come.
class Cursor {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Cursor(const char* at, const char** reached) : at_(at), reached_(reached) {}
  reference operator*() const { return *at_; }
  Cursor& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  Cursor operator++(int) {
    const Cursor before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const Cursor& a, const Cursor& b) { return a.at_ == b.at_; }

 private:
  const char* at_;
  const char** reached_;
};

// Builds the tree that the parser reads out, and stops at what we refuse.
class TreeBuilder : public nlohmann::json_sax<json> {
 public:
  TreeBuilder(std::string_view text, const std::string& file)
      : text_(text), file_(file), reached_(text.data()) {}

  Cursor begin() { return {text_.data(), &reached_}; }
  Cursor end() { return {text_.data() + text_.size(), &reached_}; }
  json& root() { return root_; }
  const std::string& error() const { return error_; }

  bool null() override { return Put(nullptr); }
  bool boolean(bool value) override { return Put(value); }
  bool number_integer(number_integer_t value) override { return Put(value); }
  bool number_unsigned(number_unsigned_t value) override { return Put(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return Put(value); }
  bool string(string_t& value) override { return IsText(value) && Put(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*size*/) override { return Open(json::object()); }
  bool start_array(std::size_t /*size*/) override { return Open(json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    if (!IsText(name)) return false;
    if (open_.back()->contains(name))
      return Refuse(StartOfString(), absl::StrCat("duplicate key \"", name, "\""));
    key_ = name;
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception& what) override {
    return Refuse(StartOfToken(position, token), Stripped(what.what()));
  }

  // Always false: the parser stops.
  bool Refuse(std::size_t offset, std::string_view what) {
    const std::string_view before = text_.substr(0, std::min(offset, text_.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const auto line_start = before.rfind('\n');  // npos + 1 is 0
    error_ = absl::StrCat(file_, ":", line, ":", before.size() - (line_start + 1) + 1, ": ",
                          std::string(what));
    return false;
  }

 private:
  bool Put(json value) {
    Insert(std::move(value));
    return true;
  }
  bool Open(json container) {
    if (open_.size() == kDepthMax) {
      const auto here = static_cast<std::size_t>(reached_ - text_.data());
      return Refuse(here - 1, absl::StrCat("nested deeper than ", kDepthMax));
    }
    open_.push_back(Insert(std::move(container)));
    return true;
  }
  bool Close() {
    open_.pop_back();
    return true;
  }
  // Containers on `open_` stay where they are: only the innermost ever grows.
  json* Insert(json value) {
    if (open_.empty()) return &(root_ = std::move(value));
    if (open_.back()->is_object()) return &((*open_.back())[key_] = std::move(value));
    open_.back()->push_back(std::move(value));
    return &open_.back()->back();
  }

  // Names of files and of hosts go through libraries that end a text at a NUL.
  bool IsText(const std::string& value) {
    return value.find('\0') == std::string::npos || Refuse(StartOfString(), "a text holds a NUL");
  }
  // Where the string begins whose closing quote the parser has just read. Quotes inside it stand
  // behind an odd number of backslashes.
  std::size_t StartOfString() const {
    auto at = static_cast<std::size_t>(reached_ - text_.data()) - 1;
    for (;;) {
      at = text_.rfind('"', at - 1);
      std::size_t backslashes = 0;
      while (backslashes < at && text_[at - 1 - backslashes] == '\\') ++backslashes;
      if (backslashes % 2 == 0) return at;
    }
  }
  // `position` counts what has been read; the token is what was read last.
  std::size_t StartOfToken(std::size_t position, const std::string& token) const {
    const std::size_t end = std::min(position, text_.size());
    if (position <= text_.size() && token.size() <= end &&
        text_.substr(end - token.size(), token.size()) == token)
      return end - token.size();
    return position == 0 ? 0 : position - 1;
  }
  // Without the library's own name for it, and its own idea of the place.
  static std::string Stripped(std::string_view what) {
    if (const auto bracket = what.find("] "); bracket != std::string_view::npos)
      what.remove_prefix(bracket + 2);
    if (what.substr(0, 11) == "parse error")
      if (const auto colon = what.find(": "); colon != std::string_view::npos)
        what.remove_prefix(colon + 2);
    return std::string(what);
  }
  std::string_view text_;
  const std::string& file_;
  const char* reached_;
  json root_;
  std::vector<json*> open_;  // containers around the parser, outermost first
  std::string key_;          // of the innermost object
  std::string error_;
};

}  // namespace

absl::StatusOr<json> ParseJson(std::string_view text, const std::string& file) {
  TreeBuilder builder(text, file);
  // The library takes one for the end of the text.
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    builder.Refuse(nul, "want JSON text in UTF-8, got a NUL");
    return absl::InvalidArgumentError(builder.error());
  }
  if (json::sax_parse(builder.begin(), builder.end(), &builder)) return std::move(builder.root());
  return absl::InvalidArgumentError(builder.error());
}

absl::StatusOr<std::string> ReadTextFile(const std::string& file) {
  std::string text;
  std::array<char, 65'536> buffer;
  std::FILE* const stream = file == "-" ? stdin : std::fopen(file.c_str(), "rbe");
  if (stream == nullptr)
    return absl::NotFoundError(absl::StrCat(file, ": cannot be read: ", std::strerror(errno)));
  for (std::size_t size = 1; size > 0 && text.size() <= kFileBytesMax;) {
    errno = 0;
    size = std::fread(buffer.data(), 1, buffer.size(), stream);
    text.append(buffer.data(), size);
  }
  const int error = std::ferror(stream) != 0 ? errno : 0;
  if (stream != stdin) std::fclose(stream);
  if (error != 0)
    return absl::NotFoundError(absl::StrCat(file, ": cannot be read: ", std::strerror(error)));
  if (text.size() > kFileBytesMax)
    return absl::InvalidArgumentError(absl::StrCat(file, ": is larger than 64MiB"));
  return text;
}

absl::StatusOr<json> ReadJsonFile(const std::string& file) {
  const absl::StatusOr<std::string> text = ReadTextFile(file);
  if (!text.ok()) return text.status();
  return ParseJson(*text, file);
}

}  // namespace lockstep
