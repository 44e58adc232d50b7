// What a text that grew by appends says of the order in which they happened.
//
// Where a value that was read can only have come about in one way (a write, then these appends,
// none of which says what another one says), nothing else happened between them. So each read of
// such a value says of operations that they follow each other directly, whatever else is possible.
//
// Says nothing where a value can be read in several ways, as where operations write the same.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"

#include "analysis/linear/operation.h"

namespace lockstep::analysis::linear {

class Chains {
 public:
  static constexpr std::uint32_t kUnknown = ~std::uint32_t{0};
  // What precedes all operations.
  static constexpr std::uint32_t kBeginning = kUnknown - 1;

  // An operation that changes the value, as the search numbers it. Compare-and-sets are not read.
  void AddWriter(std::uint32_t item, const Operation& operation);
  // A value that was read; after all writers.
  void AddRead(const std::string& value, const std::string& initial);

  // No order explains all reads.
  bool is_impossible() const { return is_impossible_; }
  // Whether `item` may be the next one to change the value after `last`.
  bool MayFollow(std::uint32_t last, std::uint32_t item) const {
    const std::uint32_t next = At(next_, last);
    const std::uint32_t before = At(before_, item);
    return (next == kUnknown || next == item) && (before == kUnknown || before == last);
  }

 private:
  // Who says a text: one append, or one write; kSeveral where that is open.
  static constexpr std::uint32_t kSeveral = kBeginning - 1;
  using Sayers = absl::flat_hash_map<std::string_view, std::uint32_t>;  // only looked up
  using Links = absl::flat_hash_map<std::uint32_t, std::uint32_t>;      // only looked up

  static std::uint32_t At(const Links& links, std::uint32_t item) {
    const auto found = links.find(item);
    return found == links.end() ? kUnknown : found->second;
  }
  static void AddSayer(Sayers& sayers, std::string_view text, std::uint32_t item);
  // Who wrote the beginning of `rest`; kUnknown: nobody, kSeveral: that is open. `size`: of it.
  std::uint32_t Parse(const Sayers& sayers, std::string_view rest, std::size_t& size) const;
  void Link(std::uint32_t before, std::uint32_t next);

  bool has_others_ = false;  // compare-and-sets
  Sayers writes_;
  Sayers appends_;
  absl::btree_set<std::size_t> sizes_;  // of what they say
  Links next_;
  Links before_;
  bool is_impossible_ = false;
};

}  // namespace lockstep::analysis::linear
