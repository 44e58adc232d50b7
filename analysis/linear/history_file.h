// Histories as files: what tests of registers and of key-value stores have written.
//
// Two kinds of lines are read, which one file may even mix:
// - of Jepsen's log: `INFO  jepsen.util - 2 :invoke :cas [3 0]`, with tabs or spaces, and with
//   whatever stands before the process;
// - EDN: `{:process 0, :type :invoke, :f :append, :key "4", :value "x 0 1 y"}`, alone or as
// elements
//   of a vector, tagged or not.
// Blank lines, those of the nemesis and all others that speak of no operation are left out, and
// counted; one that does and cannot be understood is an error.
//
// What a completion says: `:ok`, it took effect. `:fail`, it did not; a compare-and-set that gives
// back its own pair has met another value. `:info`, nobody knows: it may take effect at any later
// time or never, as what nothing is said of any more. A read that did not succeed says nothing.

#pragma once

#include <cstdint>
#include <istream>
#include <string>

#include "absl/status/statusor.h"

#include "analysis/linear/operation.h"

namespace lockstep::analysis::linear {

enum class Model : std::uint8_t {
  kRegister,  // :read, :write, :cas; nil at first
  kKeyValue,  // :get, :put, :append of texts under keys; the empty text at first
};

struct HistoryFile {
  History history;
  std::uint64_t lines = 0;    // all
  std::uint64_t skipped = 0;  // of these, spoke of no operation (blank ones are not counted)
};

// Errors name `name`, the line, and what was wanted there.
absl::StatusOr<HistoryFile> ReadHistory(std::istream& in, const std::string& name, Model model);

// As lines of a history would write it: `:cas [3 0]`, `:get "4" -> "x 0 1 y"`.
std::string Describe(const Operation& operation, Model model);

}  // namespace lockstep::analysis::linear
