// Tokens of DOT: see dot_lexer.h.

#include "sim/scenario/dot_lexer.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "sim/scenario/graph_text.h"

namespace lockstep::sim {
namespace {

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }
// Every byte of a character beyond ASCII is of a word.
bool IsOfWord(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

}  // namespace

bool DotToken::IsKeyword(std::string_view word) const {
  return kind == Kind::kId && !is_quoted && !is_html &&
         absl::EqualsIgnoreCase(text, std::string(word));
}

DotLexer::DotLexer(std::string_view text) : text_(text) {
  if (text_.substr(0, 3) == "\xef\xbb\xbf") at_ = 3;
}

absl::Status DotLexer::SkipSpace() {
  while (at_ < text_.size()) {
    const std::string_view two = text_.substr(at_, 2);
    if (absl::ascii_isspace(static_cast<unsigned char>(text_[at_]))) {
      ++at_;
    } else if (two == "//" || text_[at_] == '#') {
      at_ = std::min(text_.find_first_of("\n\r", at_), text_.size());
    } else if (two == "/*") {
      const std::size_t end = text_.find("*/", at_ + 2);
      if (end == std::string_view::npos)
        return WrongAt(text_, at_, "the comment that begins here has no end: want */");
      at_ = end + 2;
    } else {
      break;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<DotToken> DotLexer::Next() {
  if (absl::Status status = SkipSpace(); !status.ok()) return status;
  DotToken token;
  token.at = at_;
  if (at_ == text_.size()) return token;
  const char c = text_[at_];
  const std::string_view two = text_.substr(at_, 2);
  if (c == '"') return Quoted();
  if (c == '<') return Html();
  if (two == "--" || two == "->") {
    token.kind = DotToken::Kind::kMark;
    token.text = two;
    at_ += 2;
    return token;
  }
  if (IsOfWord(c) || c == '.' || c == '-') {
    DotToken word = Word();
    if (!word.text.empty()) return word;
  }
  if (std::string_view("{}[]=;,:+").find(c) == std::string_view::npos)
    return WrongAt(text_, at_,
                   absl::StrCat("want DOT: '", std::string(1, c), "' can only stand in quotes"));
  token.kind = DotToken::Kind::kMark;
  token.text = text_.substr(at_++, 1);
  return token;
}

absl::StatusOr<DotToken> DotLexer::Quoted() {
  DotToken token{DotToken::Kind::kId, "", true, false, at_};
  std::size_t i = at_ + 1;
  for (; i < text_.size() && text_[i] != '"'; ++i) {
    // A quote is escaped, and so is the end of a line; of others both characters stay.
    const bool is_escaped = text_[i] == '\\' && i + 1 < text_.size();
    if (is_escaped && text_[i + 1] == '\n') {
      ++i;
      continue;
    }
    if (is_escaped && text_[i + 1] == '"') ++i;
    token.text += text_[i];
    if (is_escaped && text_[i] == '\\') token.text += text_[++i];
  }
  if (i >= text_.size())
    return WrongAt(text_, at_, "the string that begins here has no end: want \"");
  at_ = i + 1;
  return token;
}

absl::StatusOr<DotToken> DotLexer::Html() {
  DotToken token{DotToken::Kind::kId, "", false, true, at_};
  std::size_t depth = 0;
  for (std::size_t i = at_; i < text_.size(); ++i) {
    if (text_[i] == '<') ++depth;
    if (text_[i] != '>' || --depth > 0) continue;
    token.text = text_.substr(at_ + 1, i - at_ - 1);
    at_ = i + 1;
    return token;
  }
  return WrongAt(text_, at_, "the HTML text that begins here has no end: want >");
}

DotToken DotLexer::Word() {
  DotToken token{DotToken::Kind::kId, "", false, false, at_};
  std::size_t end = at_;
  if (IsDigit(text_[end]) || text_[end] == '-' || text_[end] == '.') {
    // A number: -?(.D+|D+(.D*)?). What follows without a blank is the next token.
    std::size_t i = end + (text_[end] == '-' ? 1 : 0);
    const std::size_t first = i;
    while (i < text_.size() && IsDigit(text_[i])) ++i;
    std::size_t digits = i - first;
    if (i < text_.size() && text_[i] == '.') {
      const std::size_t point = i++;
      while (i < text_.size() && IsDigit(text_[i])) ++i;
      digits += i - point - 1;
    }
    if (digits > 0) end = i;
    // Names such as 4a are no DOT, but are written.
    while (digits > 0 && end < text_.size() && IsOfWord(text_[end])) ++end;
  } else {
    while (end < text_.size() && IsOfWord(text_[end])) ++end;
  }
  token.text = text_.substr(at_, end - at_);
  at_ = end;
  return token;
}

}  // namespace lockstep::sim
