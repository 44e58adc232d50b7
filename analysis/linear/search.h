// Whether the operations on one key can be put into one order: each between its invocation and its
// return, and each reading what was last written.
//
// The search of Wing and Gong (1993), which places one operation after the other among those that
// were invoked before the first return which is still to come, with Lowe's memory (2017): a pair of
// (operations placed, value) is looked at once. Beyond that:
// - What changes nothing is placed as soon as it fits. Later could not be better.
// - Of operations that do the same the one that returns first is placed first.
// - A value from which one of the next reads cannot be reached, by what can still be placed before
//   that returns, is a dead end.
// - Where a text that was read says which operations follow each other, no other order is tried.
// None of these loses an order, so the answer stays exact.
//
// Invariant: the list of entries holds the invocations and returns of what is not placed, in order.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"

#include "analysis/linear/chains.h"
#include "analysis/linear/operation.h"
#include "analysis/linear/producers.h"
#include "analysis/verdict.h"

namespace lockstep::analysis::linear {

struct SearchResult {
  Verdict verdict = Verdict::kUnknown;  // holds, violated or unknown
  // Of kHolds: the operations in an order that explains them, by their index; of those that never
  // returned, which had an effect.
  std::vector<std::uint32_t> order;
  std::uint64_t steps = 0;  // how often an operation was placed
};

class Search {
 public:
  // `operations`: on one key, in the order of their invocations. What happens from place `until` of
  // the history on is not looked at: it has not happened yet.
  Search(std::span<const Operation> operations, const std::string& initial,
         std::uint32_t until = Operation::kNever);

  // Unknown where it would take more than `budget` steps. Called once.
  SearchResult Run(std::uint64_t budget);

 private:
  using Fingerprint = std::pair<std::uint64_t, std::uint64_t>;

  // An operation that may have to be placed.
  struct Item {
    const Operation* operation = nullptr;
    std::uint32_t index = 0;     // in `operations`
    std::uint32_t returned = 0;  // kNever also where that is from `until` on
    std::uint32_t same = 0;      // the first item that does the same
    bool is_observer = false;    // it changes nothing
    bool is_placed = false;
    Fingerprint mark;          // of its being placed
    std::uint64_t listed = 0;  // of the first one that does the same: when one was listed last
  };
  // In the list of entries; entries_[0] is before the first, and the last one ends the list.
  struct Entry {
    std::uint32_t item = 0;
    bool is_return = false;
    std::uint32_t place = 0;
    std::uint32_t previous = 0;
    std::uint32_t next = 0;
  };
  // What an item that changes the value has left behind for Undo.
  struct Frame {
    std::uint32_t item = Chains::kBeginning;
    std::size_t placed = 0;      // how many were placed before it
    std::size_t candidates = 0;  // where its candidates begin
    std::size_t next = 0;        // the next of them to be tried
    bool is_append = false;
    std::size_t size_before = 0;  // of the value, where it was appended to
    std::string value_before;     // where it was replaced
    Fingerprint state_before;
  };

  void AddItems(std::span<const Operation> operations, std::uint32_t until);
  void LinkEntries();
  void Unlink(std::uint32_t entry);
  void Relink(std::uint32_t entry);
  void Place(std::uint32_t item);
  void Unplace();
  // Places what changes nothing, and lists what may come next. True if all that returned is placed.
  bool Enter();
  void SortCandidates(std::size_t from);
  // No order goes on from here.
  bool IsDeadEnd(std::uint32_t frontier) const;
  // Something that is not placed yet can begin what the read has seen.
  bool CanBeMade(const Producers::Read& read, std::uint32_t frontier) const;
  bool Fits(const Operation& operation) const;
  void Apply(std::uint32_t item);
  // Takes back what the last frame did; false if that was the first.
  bool Leave();

  std::vector<Item> items_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> entry_of_call_;    // by item
  std::vector<std::uint32_t> entry_of_return_;  // by item; 0 where it never returns
  std::uint32_t end_ = 0;                       // the last entry
  Producers producers_;
  Chains chains_;

  std::string value_;
  Fingerprint state_;  // of the value, as it was made
  Fingerprint set_;    // of what is placed
  std::vector<std::uint32_t> placed_;
  std::vector<std::uint32_t> candidates_;  // of all frames, one after the other
  std::uint64_t lists_ = 0;                // of candidates, so far
  std::vector<Frame> frames_;
  // Only asked, never walked through.
  absl::flat_hash_set<Fingerprint> seen_;
};

}  // namespace lockstep::analysis::linear
