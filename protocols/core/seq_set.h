// A set of sequence numbers that is filled mostly in order and in strided runs.
//
// Everything below the frontier is held, and needs no memory; above it, such runs are intervals on
// a line of `period` lanes (the rotation's: n_s * n_r). So a stream of millions costs as much as it
// has gaps, and a set that lacks nothing costs nothing, whatever the period.
//
// A *dense* set, for what comes in pieces of all strides that close each other's gaps, has one lane
// and holds what is near its frontier as bits. What is far is intervals again, so that a liar who
// speaks of the end of the world gets no memory for all that lies before it.
//
// Numbers are below LaneLine::kNumberLimit.
// Invariant: Frontier() never decreases.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "protocols/core/bit_window.h"
#include "protocols/core/check.h"
#include "protocols/core/interval_map.h"
#include "protocols/core/lane_line.h"
#include "protocols/core/run.h"

namespace lockstep::core {

class SeqSet {
 public:
  // Places [begin, end) of line(), in one lane.
  struct Stretch {
    std::uint64_t begin;
    std::uint64_t end;
  };

  // In place of a period.
  static constexpr std::uint64_t kDense = 0;

  explicit SeqSet(std::uint64_t period)
      : line_(period == kDense ? 1 : period), is_dense_(period == kDense) {}

  std::uint64_t period() const { return line_.lanes(); }
  const LaneLine& line() const { return line_; }

  bool is_dense() const { return is_dense_; }

  // Adds `run`; returns the parts of it that were not there before.
  std::vector<Run> Insert(const Run& run);
  bool Contains(std::uint64_t number) const;
  bool ContainsAll(const Run& run) const;
  // Of a dense set.
  bool ContainsNone(const Run& run) const;
  // Of stretches that are sorted by `begin`.
  bool ContainsEach(const std::vector<Stretch>& stretches) const;
  // How many numbers from 0 on are held without a gap: a cumulative acknowledgement.
  std::uint64_t Frontier() const { return frontier_; }
  // One past the greatest number held.
  std::uint64_t End() const { return end_; }
  // How many numbers are held.
  std::uint64_t Count() const { return count_; }
  // Calls `visit(Run)` for what is held in [begin, end), lane by lane; `begin` >= Frontier() unless
  // the range is empty.
  template <typename Visit>
  void ForEachHeld(std::uint64_t begin, std::uint64_t end, Visit&& visit) const {
    if (begin >= end) return;
    CHECK(begin >= frontier_);
    if (is_dense_) {
      const std::uint64_t near = std::min(end, bits_.End());
      for (std::uint64_t at = bits_.NextIn(begin, near); at < near;) {
        const std::uint64_t to = bits_.NextOut(at, near);
        visit(Run{at, to - at, 1});
        at = bits_.NextIn(to, near);
      }
    }
    const LaneLine::Cut low = line_.CutAt(begin);
    const LaneLine::Cut high = line_.CutAt(std::min(end, LaneLine::kNumberLimit));
    for (const auto& held : above_.intervals()) {
      const std::uint64_t lane = line_.Lane(held.begin);
      const std::uint64_t from = std::max(held.begin, low.In(lane));
      const std::uint64_t to = std::min(held.end, high.In(lane));
      if (from < to) visit(line_.RunAt(from, to));
    }
  }
  // The same for what is not held in it.
  template <typename Visit>
  void ForEachMissing(std::uint64_t begin, std::uint64_t end, Visit&& visit) const {
    begin = std::max(begin, frontier_);
    if (begin >= end) return;
    if (is_dense_) {
      const std::uint64_t near = std::min(end, NearEnd());
      for (std::uint64_t at = bits_.NextOut(begin, near); at < near;) {
        const std::uint64_t to = bits_.NextIn(at, near);
        visit(Run{at, to - at, 1});
        at = bits_.NextOut(to, near);
      }
      begin = std::max(begin, near);
      if (begin >= end) return;
    }
    const LaneLine::Cut low = line_.CutAt(begin);
    const LaneLine::Cut high = line_.CutAt(std::min(end, LaneLine::kNumberLimit));
    line_.ForEachLaneIn(begin, end, [&](std::uint64_t lane) {
      above_.ForEach(low.In(lane), high.In(lane),
                     [&](std::uint64_t from, std::uint64_t to, const Present* held) {
                       if (held == nullptr) visit(line_.RunAt(from, to));
                     });
    });
  }
  // Of a dense set: the first runs of what is held in [begin, end), `most` of them; begin >=
  // Frontier().
  std::vector<Run> FirstHeld(std::uint64_t begin, std::uint64_t end, std::size_t most) const;
  // Entries of state, for tests of memory.
  std::size_t size() const { return above_.intervals().size() + bits_.size(); }

 private:
  static constexpr std::size_t kPruneFirst = 16;
  struct Present {
    friend bool operator==(const Present&, const Present&) = default;
  };

  void AdvanceFrontier();

  // Of a dense set.
  std::vector<Run> InsertDense(const Run& run);
  void AdvanceDense();
  bool HasDense(std::uint64_t number) const {
    return number < frontier_ || bits_.Has(number) ||
           (!above_.empty() && number >= NearEnd() && HasAbove(number, number + 1));
  }
  bool HasAbove(std::uint64_t begin, std::uint64_t end) const;
  // What is below is held as bits, and what is not is not.
  std::uint64_t NearEnd() const { return frontier_ + kReach; }

  // Of a dense set, from the frontier on: half a megabyte of bits.
  static constexpr std::uint64_t kReach = std::uint64_t{1} << 22;

  LaneLine line_;
  bool is_dense_;
  BitWindow bits_;
  IntervalMap<Present> above_;          // by place; of what is below the frontier, some may linger
  std::size_t prune_at_ = kPruneFirst;  // entries that call for forgetting what lingers
  std::uint64_t frontier_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace lockstep::core
