// Values over half-open intervals of whole numbers.
//
// What nothing tells apart is one entry, so state over millions of sequence numbers stays as small
// as the number of places where it changes. Sorted, disjoint, equal neighbours merged.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"

namespace lockstep::core {

template <typename V>
class IntervalMap {
 public:
  struct Interval {
    std::uint64_t begin;
    std::uint64_t end;
    [[no_unique_address]] V value;
    friend bool operator==(const Interval&, const Interval&) = default;
  };

  bool empty() const { return intervals_.empty(); }
  const std::vector<Interval>& intervals() const { return intervals_; }
  // Index of the first interval that ends after `at`, and so holds it or follows it.
  std::size_t FirstEndingAfter(std::uint64_t at) const {
    const auto found = std::upper_bound(
        intervals_.begin(), intervals_.end(), at,
        [](std::uint64_t value, const Interval& interval) { return value < interval.end; });
    return static_cast<std::size_t>(found - intervals_.begin());
  }

  // Calls `visit(begin, end, value)` for the pieces of [begin, end) in order; `value` is nullptr
  // where there is none.
  template <typename Visit>
  void ForEach(std::uint64_t begin, std::uint64_t end, Visit&& visit) const {
    for (std::size_t i = FirstEndingAfter(begin); begin < end; ++i) {
      if (i == intervals_.size() || intervals_[i].begin >= end) {
        visit(begin, end, static_cast<const V*>(nullptr));
        return;
      }
      const Interval& at = intervals_[i];
      if (at.begin > begin) visit(begin, at.begin, static_cast<const V*>(nullptr));
      const std::uint64_t from = std::max(begin, at.begin);
      begin = std::min(end, at.end);
      visit(from, begin, &at.value);
    }
  }

  // Replaces the value of each piece of [begin, end) by what `change(begin, end, value)` returns: a
  // std::optional<V>, of which none erases. `change` must not touch this map.
  template <typename Change>
  void Update(std::uint64_t begin, std::uint64_t end, Change&& change) {
    if (begin >= end) return;
    const std::size_t low = FirstEndingAfter(begin);
    std::size_t high = low;
    while (high < intervals_.size() && intervals_[high].begin < end) ++high;
    Pieces pieces;
    if (low < high && intervals_[low].begin < begin) {
      Append(pieces, intervals_[low].begin, begin, intervals_[low].value);
    }
    ForEach(begin, end, [&](std::uint64_t from, std::uint64_t to, const V* value) {
      std::optional<V> next = change(from, to, value);
      if (next) Append(pieces, from, to, std::move(*next));
    });
    if (low < high && intervals_[high - 1].end > end) {
      Append(pieces, end, intervals_[high - 1].end, intervals_[high - 1].value);
    }
    Splice(low, high, std::move(pieces));
  }

  // Updates many stretches in one pass: of `stretches`, sorted and disjoint, each has a `begin` and
  // an `end`, and goes to `change(stretch, begin, end, value)`. `scratch` keeps its memory.
  template <typename Stretches, typename Change>
  void UpdateEach(const Stretches& stretches, std::vector<Interval>& scratch, Change&& change) {
    scratch.clear();
    std::size_t next = 0;
    std::uint64_t kept_to = 0;  // what is below has been taken over
    const auto keep_below = [&](std::uint64_t limit) {
      for (; next < intervals_.size() && intervals_[next].begin < limit; ++next) {
        const Interval& at = intervals_[next];
        const std::uint64_t from = std::max(at.begin, kept_to);
        const std::uint64_t to = std::min(at.end, limit);
        if (from < to) Append(scratch, from, to, at.value);
        if (at.end > limit) break;
      }
    };
    for (const auto& stretch : stretches) {
      keep_below(stretch.begin);
      std::uint64_t begin = stretch.begin;
      while (begin < stretch.end) {
        while (next < intervals_.size() && intervals_[next].end <= begin) ++next;
        const bool is_over = next == intervals_.size() || intervals_[next].begin >= stretch.end;
        const bool is_gap = is_over || intervals_[next].begin > begin;
        const std::uint64_t until = is_over  ? stretch.end
                                    : is_gap ? intervals_[next].begin
                                             : std::min(stretch.end, intervals_[next].end);
        const V* const value = is_gap ? nullptr : &intervals_[next].value;
        std::optional<V> changed = change(stretch, begin, until, value);
        if (changed) Append(scratch, begin, until, std::move(*changed));
        begin = until;
      }
      kept_to = stretch.end;
    }
    keep_below(std::numeric_limits<std::uint64_t>::max());
    intervals_.swap(scratch);
  }

  void Assign(std::uint64_t begin, std::uint64_t end, const V& value) {
    Update(begin, end,
           [&](std::uint64_t, std::uint64_t, const V*) { return std::optional<V>(value); });
  }
  void Erase(std::uint64_t begin, std::uint64_t end) {
    Update(begin, end, [](std::uint64_t, std::uint64_t, const V*) { return std::optional<V>(); });
  }
  // Cuts off what of each interval lies below `limit(begin)`.
  template <typename Limit>
  void CutEachBelow(Limit&& limit) {
    for (Interval& interval : intervals_) {
      interval.begin = std::max(interval.begin, limit(interval.begin));
    }
    std::erase_if(intervals_,
                  [](const Interval& interval) { return interval.begin >= interval.end; });
  }

 private:
  // What an update of one stretch puts in its place; rarely more than the stretch and its ends.
  using Pieces = absl::InlinedVector<Interval, 4>;

  template <typename List>
  static void Append(List& list, std::uint64_t begin, std::uint64_t end, V value) {
    if (!list.empty() && list.back().end == begin && list.back().value == value) {
      list.back().end = end;
    } else {
      list.push_back(Interval{begin, end, std::move(value)});
    }
  }

  // Puts `pieces` in the place of entries [low, high), merging with the neighbours.
  void Splice(std::size_t low, std::size_t high, Pieces pieces) {
    if (!pieces.empty() && low > 0 && intervals_[low - 1].end == pieces.front().begin &&
        intervals_[low - 1].value == pieces.front().value) {
      pieces.front().begin = intervals_[--low].begin;
    }
    if (!pieces.empty() && high < intervals_.size() &&
        intervals_[high].begin == pieces.back().end &&
        intervals_[high].value == pieces.back().value) {
      pieces.back().end = intervals_[high++].end;
    }
    const std::size_t common = std::min(high - low, pieces.size());
    const auto at = [&](std::size_t i) {
      return intervals_.begin() + static_cast<std::ptrdiff_t>(i);
    };
    const auto split = pieces.begin() + static_cast<std::ptrdiff_t>(common);
    const auto rest = std::move(pieces.begin(), split, at(low));
    if (pieces.size() > common) {
      intervals_.insert(rest, split, pieces.end());
    } else {
      intervals_.erase(rest, at(high));
    }
  }

  std::vector<Interval> intervals_;
};

}  // namespace lockstep::core
