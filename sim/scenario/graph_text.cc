// Scans of GraphML and DOT: see graph_text.h.

#include "sim/scenario/graph_text.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace lockstep::sim {
namespace {

constexpr std::size_t kDepthMax = 64;  // As for JSON: deeper than anybody writes.

absl::Status Wrong(std::string_view text, std::size_t position, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("line ", LineOf(text, position), ": ", what));
}

absl::Status TooDeep(std::string_view text, std::size_t position) {
  return Wrong(text, position, absl::StrCat("nested deeper than ", kDepthMax));
}

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

// Reads tokens of DOT as Boost's reader does.
class DotScan {
 public:
  explicit DotScan(std::string_view text) : text_(text) {}

  absl::StatusOr<DotText> Read() {
    absl::Status status = SkipSpace();
    while (status.ok() && at_ < text_.size()) {
      begin_ = at_;
      status = ReadToken();
      if (status.ok()) status = SkipSpace();
    }
    if (!status.ok()) return status;
    out_.text.append(text_.substr(copied_));
    return std::move(out_);
  }

 private:
  static bool EndsLine(char c) { return c == '\n' || c == '\r' || c == '\f'; }
  static bool IsOfWord(char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' ||
           (static_cast<unsigned char>(c) & 0x80) != 0;
  }

  void SkipLine() {
    while (at_ < text_.size() && !EndsLine(text_[at_])) ++at_;
  }

  // Blanks and comments.
  absl::Status SkipSpace() {
    while (at_ < text_.size()) {
      if (absl::ascii_isspace(static_cast<unsigned char>(text_[at_]))) {
        ++at_;
      } else if (text_.substr(at_, 2) == "//" ||
                 (text_[at_] == '#' && (at_ == 0 || EndsLine(text_[at_ - 1])))) {
        SkipLine();
      } else if (text_.substr(at_, 2) == "/*") {
        const std::size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos)
          return Wrong(text_, at_, "the comment that begins here has no end: want */");
        at_ = end + 2;
      } else {
        break;
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadToken() {
    const char c = text_[at_++];
    bool is_id = false;
    bool is_subgraph = false;
    if (c == '"') {
      while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2U : 1U;
      if (at_ >= text_.size())
        return Wrong(text_, begin_, "the string that begins here has no end: want \"");
      ++at_;
      is_id = true;
    } else if (c == '<') {
      return Wrong(text_, begin_, "HTML strings (<...>) are not supported: want quotes");
    } else if (IsOfWord(c) || c == '-') {
      if (c == '-' && at_ < text_.size() && (text_[at_] == '-' || text_[at_] == '>')) {
        ++at_;
      } else {
        while (at_ < text_.size() && IsOfWord(text_[at_])) ++at_;
        is_subgraph =
            absl::EqualsIgnoreCase(std::string(text_.substr(begin_, at_ - begin_)), "subgraph");
        is_id = true;
      }
    } else if (c == '{') {
      if (absl::Status status = Open(); !status.ok()) return status;
    } else if (c == '}' && depth_ > 0) {
      --depth_;
    }
    // A subgraph may have a name, which may be several strings with '+' between them.
    names_subgraph_ = is_subgraph || (names_subgraph_ && (is_id || c == '+'));
    out_.ends.push_back(out_.text.size() + at_ - copied_);
    return absl::OkStatus();
  }

  absl::Status Open() {
    if (depth_++ == kDepthMax) return TooDeep(text_, begin_);
    if (depth_ == 1 || names_subgraph_) return absl::OkStatus();
    out_.text.append(text_.substr(copied_, begin_ - copied_));
    out_.text.append(" subgraph ");
    copied_ = begin_;
    return absl::OkStatus();
  }

  std::string_view text_;
  DotText out_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;   // of the token
  std::size_t copied_ = 0;  // so much of `text_` is in `out_`
  std::size_t depth_ = 0;
  bool names_subgraph_ = false;  // So far there were "subgraph" and a part of its name.
};

}  // namespace

std::size_t LineOf(std::string_view text, std::size_t position) {
  const std::string_view before = text.substr(0, position);
  return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
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
      if (depth++ == kDepthMax) return TooDeep(text, begin);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<DotText> PrepareDot(std::string_view text) { return DotScan(text).Read(); }

}  // namespace lockstep::sim
