// What clients asked of a register or of a key, and what they were told: histories, as data.
//
// One model serves both kinds of objects: a value that is read, written, compared and set, or
// appended to. A register begins with `nil`, the value of a key as the empty text.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lockstep::analysis::linear {

enum class Action : std::uint8_t {
  kRead,
  kWrite,
  kCompareAndSet,
  kAppend,
};

struct Operation {
  // When an operation returns of which nobody has heard the end: it takes effect at any time after
  // it was invoked, or never.
  static constexpr std::uint32_t kNever = ~std::uint32_t{0};

  Action action = Action::kRead;
  std::string key;          // operations on different keys have nothing to do with each other
  std::string value;        // that was read, where it has returned; that it writes or appends
  std::string expected;     // kCompareAndSet: the value that it replaces
  bool is_refused = false;  // kCompareAndSet: it met another value, and changed nothing
  std::uint64_t process = 0;
  // Places in the history, each of which belongs to one invocation or one return.
  std::uint32_t invoked = 0;
  std::uint32_t returned = kNever;
  // Where both stand in their file, from 1; 0 where that is nowhere.
  std::uint32_t invoked_line = 0;
  std::uint32_t returned_line = 0;

  bool has_returned() const { return returned != kNever; }
};

struct History {
  std::vector<Operation> operations;  // in the order of their invocations
  std::string initial;                // the value that every key has at first
};

}  // namespace lockstep::analysis::linear
