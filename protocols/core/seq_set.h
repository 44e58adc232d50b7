// A set of sequence numbers that is filled mostly in order and in strided runs.
//
// Everything below the frontier is held, and needs no memory; above it, such runs are intervals on
// a line of `period` lanes (the rotation's: n_s * n_r). So a stream of millions costs as much as it
// has gaps, and a set that lacks nothing costs nothing, whatever the period.
//
// Numbers are below LaneLine::kNumberLimit.
// Invariant: Frontier() never decreases.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

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

  explicit SeqSet(std::uint64_t period) : line_(period) {}

  std::uint64_t period() const { return line_.lanes(); }
  const LaneLine& line() const { return line_; }

  // Adds `run`; returns the parts of it that were not there before.
  std::vector<Run> Insert(const Run& run);
  bool Contains(std::uint64_t number) const;
  bool ContainsAll(const Run& run) const;
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
    const LaneLine::Cut low = line_.CutAt(begin);
    const LaneLine::Cut high = line_.CutAt(std::min(end, LaneLine::kNumberLimit));
    line_.ForEachLaneIn(begin, end, [&](std::uint64_t lane) {
      above_.ForEach(low.In(lane), high.In(lane),
                     [&](std::uint64_t from, std::uint64_t to, const Present* held) {
                       if (held == nullptr) visit(line_.RunAt(from, to));
                     });
    });
  }
  // Entries of state, for tests of memory.
  std::size_t size() const { return above_.intervals().size(); }

 private:
  static constexpr std::size_t kPruneFirst = 16;
  struct Present {
    friend bool operator==(const Present&, const Present&) = default;
  };

  void AdvanceFrontier();

  LaneLine line_;
  IntervalMap<Present> above_;          // by place; of what is below the frontier, some may linger
  std::size_t prune_at_ = kPruneFirst;  // entries that call for forgetting what lingers
  std::uint64_t frontier_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace lockstep::core
