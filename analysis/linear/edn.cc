// EDN: see edn.h. Source: the edn format's specification (edn-format/edn).

#include "analysis/linear/edn.h"

#include <cstddef>

namespace lockstep::analysis::linear {
namespace {

constexpr int kDepthMax = 64;

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == '\f' || c == '\v';
}

bool EndsToken(char c) {
  return IsBlank(c) || std::string_view("()[]{}\";").find(c) != std::string_view::npos;
}

void AppendUtf8(std::uint32_t code, std::string& out) {
  const auto tail = [&](int shift) {
    out.push_back(static_cast<char>(0x80U | ((code >> shift) & 0x3FU)));
  };
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xC0U | (code >> 6)));
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xE0U | (code >> 12)));
    tail(6);
    tail(0);
  }
}

std::string Escaped(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      case '"':
      case '\\':
        out.push_back('\\');
        [[fallthrough]];
      default:
        out.push_back(c);
    }
  }
  return out + "\"";
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<Edn> Take(int depth) {
    if (depth > kDepthMax || !SkipBlank(depth)) return std::nullopt;
    if (text_.empty()) return std::nullopt;
    switch (text_[0]) {
      case '"':
        return String();
      case '[':
        return Collection(Edn::Kind::kVector, ']', depth);
      case '(':
        return Collection(Edn::Kind::kVector, ')', depth);
      case '{':
        return Collection(Edn::Kind::kMap, '}', depth);
      case '#':
        return Dispatched(depth);
      default:
        return Token();
    }
  }
  // False where something that is to be left out is not whole.
  bool SkipBlank(int depth) {
    while (!text_.empty()) {
      if (IsBlank(text_[0])) {
        text_.remove_prefix(1);
      } else if (text_[0] == ';') {
        text_.remove_prefix(std::min(text_.size(), text_.find('\n')));
      } else if (text_.starts_with("#_")) {
        text_.remove_prefix(2);
        if (!Take(depth + 1)) return false;
      } else {
        break;
      }
    }
    return true;
  }
  std::string_view rest() const { return text_; }

 private:
  std::optional<Edn> Collection(Edn::Kind kind, char end, int depth) {
    text_.remove_prefix(1);
    Edn all{kind, {}, {}};
    while (true) {
      if (!SkipBlank(depth) || text_.empty()) return std::nullopt;
      if (text_[0] == end) break;
      std::optional<Edn> item = Take(depth + 1);
      if (!item) return std::nullopt;
      all.items.push_back(*std::move(item));
    }
    text_.remove_prefix(1);
    if (kind == Edn::Kind::kMap && all.items.size() % 2 != 0) return std::nullopt;
    return all;
  }

  // A set, or a tag, which says nothing that we want to know, and its value.
  std::optional<Edn> Dispatched(int depth) {
    text_.remove_prefix(1);
    if (text_.empty()) return std::nullopt;
    if (text_[0] == '{') return Collection(Edn::Kind::kSet, '}', depth);
    if (EndsToken(text_[0]) || !Token()) return std::nullopt;
    return Take(depth + 1);
  }

  std::optional<Edn> Token() {
    std::size_t size = text_[0] == '\\' ? 2 : 0;  // A character may be one that ends others.
    while (size < text_.size() && !EndsToken(text_[size])) ++size;
    if (size == 0 || size > text_.size()) return std::nullopt;
    Edn token{text_[0] == ':' ? Edn::Kind::kKeyword : Edn::Kind::kAtom,
              std::string(text_.substr(0, size)),
              {}};
    text_.remove_prefix(size);
    return token;
  }

  std::optional<Edn> String() {
    text_.remove_prefix(1);
    Edn string{Edn::Kind::kString, {}, {}};
    while (!text_.empty() && text_[0] != '"') {
      if (text_[0] == '\\') {
        if (!Escape(string.text)) return std::nullopt;
        continue;
      }
      string.text.push_back(text_[0]);
      text_.remove_prefix(1);
    }
    if (text_.empty()) return std::nullopt;
    text_.remove_prefix(1);
    return string;
  }

  bool Escape(std::string& out) {
    if (text_.size() < 2) return false;
    constexpr std::string_view kNames = "ntrbf\"\\/";
    constexpr std::string_view kMeant = "\n\t\r\b\f\"\\/";
    const std::size_t which = kNames.find(text_[1]);
    if (which != std::string_view::npos) {
      out.push_back(kMeant[which]);
      text_.remove_prefix(2);
      return true;
    }
    if (text_[1] != 'u' || text_.size() < 6) return false;
    std::uint32_t code = 0;
    for (std::size_t i = 2; i < 6; ++i) {
      constexpr std::string_view kDigits = "0123456789abcdef0123456789ABCDEF";
      const std::size_t digit = kDigits.find(text_[i]);
      if (digit == std::string_view::npos) return false;
      code = code * 16 + static_cast<std::uint32_t>(digit % 16);
    }
    AppendUtf8(code, out);
    text_.remove_prefix(6);
    return true;
  }

  std::string_view text_;
};

std::string Joined(const Edn& edn, const char* begin, const char* end) {
  std::string text = begin;
  for (const Edn& item : edn.items) {
    if (&item != edn.items.data()) text += " ";
    text += item.ToString();
  }
  return text + end;
}

}  // namespace

const Edn* Edn::Find(std::string_view keyword) const {
  if (kind != Kind::kMap) return nullptr;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    if (items[i].IsKeyword(keyword)) return &items[i + 1];
  }
  return nullptr;
}

std::string Edn::ToString() const {
  switch (kind) {
    case Kind::kAtom:
    case Kind::kKeyword:
      return text;
    case Kind::kString:
      return Escaped(text);
    case Kind::kVector:
      return Joined(*this, "[", "]");
    case Kind::kMap:
      return Joined(*this, "{", "}");
    case Kind::kSet:
      return Joined(*this, "#{", "}");
  }
  return "";
}

std::optional<Edn> TakeEdn(std::string_view& text) {
  Reader reader(text);
  std::optional<Edn> edn = reader.Take(0);
  if (edn && reader.SkipBlank(0)) text = reader.rest();
  return edn;
}

}  // namespace lockstep::analysis::linear
