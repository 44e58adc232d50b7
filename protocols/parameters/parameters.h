// Strict reading of JSON parameters: every error names file, place and remedy.
//
// A Parameters is one JSON object that is being read. Reading a key marks it as known; Done()
// refuses what was never asked for, with the nearest known key. The first error sticks, so that a
// reader can take all its values and ask once. Exceptions never leave.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "protocols/core/ids.h"
#include "protocols/core/time.h"

namespace lockstep {

// Parses `text`, refusing duplicate keys. Errors: "FILE:LINE:COLUMN: what was wrong"; columns count
// bytes.
absl::StatusOr<nlohmann::json> ParseJson(std::string_view text, const std::string& file);
// The whole of a file of at most 64MiB; of standard input for "-". Errors: "FILE: cannot be read: WHY".
absl::StatusOr<std::string> ReadTextFile(const std::string& file);
absl::StatusOr<nlohmann::json> ReadJsonFile(const std::string& file);

// "250us", "1.5ms", "3s", "100ns", "20ps": a whole number of picoseconds below 106 days.
absl::StatusOr<core::Duration> ParseDuration(std::string_view text);
// "250us", "1500ms": in the largest unit that leaves a whole number.
std::string FormatDuration(core::Duration duration);
// "7.5Gbps", "135Mbps", "10kbps", "1bps": a whole number of bits per second, at least one.
absl::StatusOr<std::int64_t> ParseRate(std::string_view text);
// "64KiB", "8MiB", "1GiB", "200kB", "1MB", "1GB", "100B": a whole number of bytes.
absl::StatusOr<core::ByteCount> ParseBytes(std::string_view text);

class Parameters {
 public:
  // `file` and `pointer` say where `object` stands. `object` must outlive this. Copies, and nested
  // objects, share what is known and the first error.
  Parameters(const nlohmann::json& object, std::string file, std::string pointer);

  // Whether `key` is there, also with a unit ("delay_us"). A key that is asked for but never read
  // is refused where it stands: it has no meaning there.
  bool Has(std::string_view key) const;
  // The value of `key`, which must be there unless a default is given; zero values after an error.
  std::uint64_t Integer(std::string_view key, std::uint64_t min, std::uint64_t max);
  std::uint64_t IntegerOr(std::string_view key, std::uint64_t or_else, std::uint64_t min,
                          std::uint64_t max);
  std::string String(std::string_view key);  // never empty
  std::string StringOr(std::string_view key, std::string or_else);
  // One of `choices`; gives its index.
  std::size_t Choice(std::string_view key, const std::vector<std::string_view>& choices);
  std::size_t ChoiceOr(std::string_view key, std::size_t or_else,
                       const std::vector<std::string_view>& choices);
  bool BoolOr(std::string_view key, bool or_else);
  // Quantities are strings with a unit ("delay": "25us"), or whole numbers where the key names it
  // ("delay_us": 25; "rate_bps", "segment_bytes"). Asking for a key that ends in a unit itself,
  // such as "message_bytes", takes either.
  core::Duration Time(std::string_view key);  // never negative
  core::Duration TimeOr(std::string_view key, core::Duration or_else);
  std::int64_t Rate(std::string_view key);  // at least one
  std::int64_t RateOr(std::string_view key, std::int64_t or_else);
  core::ByteCount Size(std::string_view key);  // never negative
  core::ByteCount SizeOr(std::string_view key, core::ByteCount or_else);
  // A nested object; an empty one after an error.
  Parameters Object(std::string_view key);
  std::optional<Parameters> ObjectOr(std::string_view key);
  // Elements of an array of objects; empty where it is missing.
  std::vector<Parameters> ObjectsOr(std::string_view key);
  // The raw value, marked as known; nullptr where it is missing.
  const nlohmann::json* Raw(std::string_view key);
  // All keys that are there, in order of the alphabet; marks none.
  std::vector<std::string> keys() const;

  // Records an error about `key` (or the object itself, where it is empty): "FILE: PLACE: what".
  void Fail(std::string_view key, std::string_view what);
  // The same for a value that is missing or wrong: "want a host, not 7"; with an empty key, for a
  // missing value that has several names.
  void FailWanted(std::string_view key, std::string_view wanted);
  // The same for a place inside the value of `key`: `inside` is the rest of its pointer ("0/1").
  void FailInside(std::string_view key, std::string_view inside, std::string_view what);
  // Whether no error has been recorded, here or anywhere in the same document.
  bool ok() const;
  // The first error of the whole document; else refuses unknown keys of this object and of all that
  // were read from it. Where the first error is a missing key, an unknown one beside it comes
  // first: most likely it is the missing one, misspelt.
  absl::Status Done();

  const std::string& pointer() const { return pointer_; }
  const std::string& file() const;

 private:
  enum class Unit { kNone, kTime, kRate, kSize };
  struct State;  // of one document: what is known of its objects, and the first error

  Parameters(std::shared_ptr<State> state, std::string pointer, const nlohmann::json& object);

  const nlohmann::json* Find(std::string_view key, Unit unit = Unit::kNone);
  Parameters Nested(std::string_view token, const nlohmann::json& object) const;
  // In the smallest unit; none where the key is wrong or missing, which is an error if
  // `is_required`.
  std::optional<std::int64_t> Quantity(std::string_view key, Unit unit, bool is_required);

  std::shared_ptr<State> state_;
  std::string pointer_;
  const nlohmann::json* object_;
};

// The word of `words` nearest to `word` by edit distance, if it is near enough to be meant.
std::optional<std::string> Nearest(std::string_view word, const std::vector<std::string>& words);

// `text` as it stands in a JSON pointer, after its slash.
std::string EscapeForPointer(std::string_view text);
// The parts of a JSON pointer that is not empty, unescaped; none if it is malformed.
std::optional<std::vector<std::string>> PointerTokens(std::string_view pointer);
// What is called so in an object or an array; nullptr where nothing is.
nlohmann::json* ChildAt(nlohmann::json& parent, const std::string& token);
// What a JSON pointer leads to; nullptr where that is nothing, or it is malformed.
const nlohmann::json* FindAt(const nlohmann::json& document, std::string_view pointer);

// What stands there, for messages: a value that is short enough to be shown, else its kind.
std::string Shown(const nlohmann::json& value);

}  // namespace lockstep
