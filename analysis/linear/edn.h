// Values of EDN, the notation of Clojure, in which histories of tests are written: as much of it as
// these use.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::analysis::linear {

struct Edn {
  enum class Kind : std::uint8_t {
    kAtom,     // nil, true, numbers, symbols, characters: `text` as it stands
    kKeyword,  // `text` with its colon
    kString,   // `text` without quotes and escapes
    kVector,   // and lists
    kMap,      // `items`: key, value, key, value, ...
    kSet,
  };
  Kind kind = Kind::kAtom;
  std::string text;
  std::vector<Edn> items;

  bool IsNil() const { return kind == Kind::kAtom && text == "nil"; }
  bool IsKeyword(std::string_view name) const { return kind == Kind::kKeyword && text == name; }
  // Of a map: the value of this keyword; null where it has none.
  const Edn* Find(std::string_view keyword) const;
  // The value as text: equal values have the same, a string as it would be written.
  std::string ToString() const;
};

// Reads the value that `text` begins with, and takes it away from `text` with what surrounds it:
// white space, commas, comments, tags. None if there is none that is whole.
std::optional<Edn> TakeEdn(std::string_view& text);

}  // namespace lockstep::analysis::linear
