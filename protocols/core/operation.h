// What clients ask of a store of values under keys, and what it answers: one codec for clients, for
// machines, and for whoever reads histories from what clients have noted.
//
// An operation is its kind (one byte), the length of the key (two bytes, little-endian), the key,
// and, to put or to append, the value to the end. The answer is the value that was there before,
// behind one byte that says whether there was one; what is no operation is answered by kRefused
// alone.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/core/bytes.h"
#include "protocols/core/ids.h"

namespace lockstep::core {

struct Operation {
  enum class Kind : std::uint8_t { kGet, kPut, kDelete, kAppend };
  static constexpr char kAbsent = 0;
  static constexpr char kPresent = 1;
  static constexpr char kRefused = 2;
  static constexpr std::uint64_t kOverhead = 3;  // bytes beside key and value
  static constexpr std::uint64_t kKeyBytesMax = 65'535;

  Kind kind = Kind::kGet;
  std::string key;
  std::string value;  // to put or to append

  bool has_value() const { return kind == Kind::kPut || kind == Kind::kAppend; }
  // What stands under the key afterwards, of what stood there before; none: nothing.
  std::optional<std::string> Apply(const std::optional<std::string>& before) const;

  friend bool operator==(const Operation&, const Operation&) = default;
};

// The key is at most kKeyBytesMax long.
Bytes EncodeOperation(const Operation& operation);
// None if the bytes are no operation.
std::optional<Operation> DecodeOperation(const Bytes& bytes);
// The answer to an operation that found this.
Bytes AnswerOf(const std::optional<std::string>& before);

// What clients ask for: a share of gets, a share of appends, and puts for the rest, of keys that
// are equally likely. Each value is written once.
struct OperationMix {
  static constexpr std::uint64_t kValueBytesMin = 16;  // so that values differ

  std::uint64_t keys = 16;
  std::uint64_t get_percent = 50;
  std::uint64_t append_percent = 10;
  std::uint64_t value_bytes = kValueBytesMin;  // of what is put or appended

  // Of the longest request.
  std::uint64_t RequestBytes() const;
  // The operation that this request is: a function of these numbers alone, so that whoever knows
  // them knows it.
  Operation Of(ClientId client, RequestId request) const;
  friend bool operator==(const OperationMix&, const OperationMix&) = default;
};

}  // namespace lockstep::core
