// Tokens of DOT, by Graphviz's grammar.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace lockstep::sim {

struct DotToken {
  enum class Kind : std::uint8_t {
    kEnd,   // of the text
    kId,    // a name, a number, or a text
    kMark,  // { } [ ] = ; , : + -- ->
  };
  Kind kind = Kind::kEnd;
  std::string text;        // of a text its contents, of an HTML text what is between < and >
  bool is_quoted = false;  // no keyword, whatever it says
  bool is_html = false;
  std::size_t at = 0;  // in the text

  bool Is(std::string_view mark) const { return kind == Kind::kMark && text == mark; }
  // Keywords may be written large.
  bool IsKeyword(std::string_view word) const;
};

class DotLexer {
 public:
  // A byte order mark is passed over.
  explicit DotLexer(std::string_view text);

  // Errors: "line N: what was wrong".
  absl::StatusOr<DotToken> Next();

 private:
  // Blanks and comments: /* */, //, and # up to the end of a line.
  absl::Status SkipSpace();
  absl::StatusOr<DotToken> Quoted();
  absl::StatusOr<DotToken> Html();
  DotToken Word();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace lockstep::sim
