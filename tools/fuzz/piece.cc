// Pieces of work as text: see piece.h.

#include "tools/fuzz/piece.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "protocols/core/check.h"

namespace lockstep::fuzz {

std::string Encode(const Piece& piece) {
  return absl::StrCat(static_cast<int>(piece.kind), " ", piece.seed, " ", piece.parent);
}

Piece DecodePiece(const std::string& text) {
  const std::pair<std::string, std::string> kind = absl::StrSplit(text, absl::MaxSplits(' ', 1));
  const std::pair<std::string, std::string> seed =
      absl::StrSplit(kind.second, absl::MaxSplits(' ', 1));
  int number = 0;
  Piece piece;
  CHECK(absl::SimpleAtoi(kind.first, &number));
  CHECK(absl::SimpleAtoi(seed.first, &piece.seed));
  piece.kind = static_cast<Piece::Kind>(number);
  piece.parent = seed.second;
  return piece;
}

}  // namespace lockstep::fuzz
