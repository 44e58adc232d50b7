// Which operations can bring about a value that is read: those that write it, or, where there are
// appends, that write a beginning of it.
//
// Says too much rather than too little: whoever finds nobody here that can still be placed knows
// that a read can only see what is there already.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"

#include "analysis/linear/operation.h"

namespace lockstep::analysis::linear {

class Producers {
 public:
  // An operation as the search numbers it.
  struct Maker {
    std::uint32_t item = 0;
    std::uint32_t invoked = 0;
    std::uint32_t returned_max = 0;  // of this one and of those before it
  };
  // A read, and who can bring about what it reads: in the order of their invocations.
  struct Read {
    std::uint32_t item = 0;
    std::uint32_t returned = 0;
    const std::string* value = nullptr;
    std::vector<std::vector<Maker>*> makers;
  };

  // In the order of invocations; `returned` may differ from the operation's own.
  void AddWriter(std::uint32_t item, const Operation& operation, std::uint32_t returned);
  void AddRead(std::uint32_t item, const Operation& operation, std::uint32_t returned);
  // When all are there.
  void Finish();

  // Those that return at `place` of the history or later, in that order, are reads()[i] and later.
  std::size_t FirstReadFrom(std::uint32_t place) const;
  const std::vector<Read>& reads() const { return reads_; }
  // Whether a value that begins with `value` is what `read` needs, but for appends.
  bool IsOnTheWay(const Read& read, std::string_view value) const {
    return has_appends_ ? read.value->starts_with(value) : *read.value == value;
  }

 private:
  bool has_appends_ = false;
  absl::btree_map<std::string, std::vector<Maker>> makers_;  // by the value that they write
  absl::btree_set<std::size_t> sizes_;                       // of these values
  std::vector<Read> reads_;                                  // by when they return
};

}  // namespace lockstep::analysis::linear
