// A set of sequence numbers, by lanes above its frontier: see seq_set.h.

#include "protocols/core/seq_set.h"

#include <algorithm>
#include <optional>

namespace lockstep::core {

std::vector<Run> SeqSet::Insert(const Run& run) {
  std::vector<Run> fresh;
  if (run.count == 0) return fresh;
  CHECK(run.Last() < LaneLine::kNumberLimit);
  if (is_dense_) return InsertDense(run);
  const LaneLine::Cut frontier = line_.CutAt(frontier_);
  std::uint64_t added = 0;
  ForEachLane(run, period(), [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t end) {
    const std::uint64_t base = line_.Begin(lane);
    above_.Update(std::max(base + begin, frontier.In(lane)), base + end,
                  [&](std::uint64_t from, std::uint64_t to, const Present* held) {
                    if (held == nullptr) {
                      fresh.push_back(line_.RunAt(from, to));
                      added += to - from;
                    }
                    return std::optional<Present>(Present{});
                  });
  });
  if (added == 0) return fresh;
  count_ += added;
  end_ = std::max(end_, run.Last() + 1);
  AdvanceFrontier();
  if (above_.intervals().size() >= prune_at_) {
    const LaneLine::Cut cut = line_.CutAt(frontier_);
    above_.CutEachBelow([&](std::uint64_t place) { return cut.InLaneOf(place); });
    prune_at_ = std::max(kPruneFirst, 2 * above_.intervals().size());
  }
  // All new, as nearly always: give it back as it came.
  if (added == run.count) fresh.assign(1, run);
  return fresh;
}

// Goes on from number to number, until one is missing. Where none is in a whole turn of the lanes,
// it is the least of those at which their intervals end.
void SeqSet::AdvanceFrontier() {
  const auto& intervals = above_.intervals();
  std::uint64_t place = line_.Place(frontier_);
  std::size_t next = above_.FirstEndingAfter(place);
  std::uint64_t least = LaneLine::kNumberLimit;
  for (const std::uint64_t turn_end = frontier_ + period(); frontier_ < turn_end; ++frontier_) {
    while (next < intervals.size() && intervals[next].end <= place) ++next;
    if (next == intervals.size() || intervals[next].begin > place) return;
    least = std::min(least, line_.Number(intervals[next].end));
    const std::uint64_t lane = line_.Lane(place);
    place += line_.Begin(1);
    if (lane + 1 < period()) continue;
    place = place - line_.Begin(period()) + 1;
    next = 0;
  }
  frontier_ = least;
}

std::vector<Run> SeqSet::InsertDense(const Run& run) {
  // The i-th number and those after it are to be looked at, and then those that are far.
  const auto index_of = [&](std::uint64_t number) {
    const std::uint64_t stride = run.stride;
    return number <= run.first ? 0
                               : std::min(run.count, (number - run.first + stride - 1) / stride);
  };
  const std::uint64_t low = index_of(frontier_);
  const std::uint64_t far = std::max(low, index_of(NearEnd()));
  std::vector<Run> fresh;
  std::uint64_t added = 0;
  const auto add = [&](std::uint64_t from, std::uint64_t to) {
    fresh.push_back(run.Part(from, to - from));
    added += to - from;
  };
  if (low < far && run.stride == 1) {
    const std::uint64_t end = run.At(far);
    for (std::uint64_t at = bits_.NextOut(run.At(low), end); at < end;) {
      const std::uint64_t to = bits_.NextIn(at, end);
      add(at - run.first, to - run.first);
      at = bits_.NextOut(to, end);
    }
    if (added > 0) bits_.AddAll(run.At(low), end);
  } else {
    for (std::uint64_t i = low; i < far;) {
      const std::uint64_t from = i;
      while (i < far && bits_.Add(run.At(i))) ++i;
      if (from < i) add(from, i);
      if (i < far) ++i;
    }
  }
  for (std::uint64_t i = far; i < run.count;) {
    // All that is left where it is one stretch.
    const std::uint64_t n = run.stride == 1 ? run.count - i : 1;
    above_.Update(run.At(i), run.At(i) + n,
                  [&](std::uint64_t from, std::uint64_t to, const Present* held) {
                    const std::uint64_t first = (from - run.first) / run.stride;
                    if (held == nullptr) add(first, first + (to - from));
                    return std::optional<Present>(Present{});
                  });
    i += n;
  }
  if (added == 0) return fresh;
  count_ += added;
  end_ = std::max(end_, run.Last() + 1);
  AdvanceDense();
  if (added == run.count) fresh.assign(1, run);
  return fresh;
}

void SeqSet::AdvanceDense() {
  const std::uint64_t before = frontier_;
  for (;;) {
    frontier_ = bits_.NextOut(frontier_, std::max(frontier_, bits_.End()));
    // What is no longer far becomes bits, of which it may take the frontier on.
    if (above_.empty() || above_.intervals().front().begin >= NearEnd()) break;
    const auto first = above_.intervals().front();
    if (first.begin <= frontier_) {
      // However long it is.
      frontier_ = std::max(frontier_, first.end);
      above_.Erase(first.begin, first.end);
      bits_.DropBelow(frontier_);
      continue;
    }
    const std::uint64_t end = std::min(first.end, NearEnd());
    bits_.AddAll(first.begin, end);
    above_.Erase(first.begin, end);
  }
  if (frontier_ != before) bits_.DropBelow(frontier_);
}

bool SeqSet::HasAbove(std::uint64_t begin, std::uint64_t end) const {
  bool all = true;
  above_.ForEach(begin, end, [&](std::uint64_t, std::uint64_t, const Present* held) {
    all = all && held != nullptr;
  });
  return all;
}

std::vector<Run> SeqSet::FirstHeld(std::uint64_t begin, std::uint64_t end, std::size_t most) const {
  CHECK(is_dense_);
  std::vector<Run> runs;
  const std::uint64_t near = std::min(end, bits_.End());
  for (std::uint64_t at = bits_.NextIn(begin, near); at < near && runs.size() < most;) {
    const std::uint64_t to = bits_.NextOut(at, near);
    runs.push_back(Run{at, to - at, 1});
    at = bits_.NextIn(to, near);
  }
  for (const auto& held : above_.intervals()) {
    if (held.begin >= end || runs.size() >= most) break;
    const std::uint64_t from = std::max(begin, held.begin);
    const std::uint64_t to = std::min(end, held.end);
    if (from < to) runs.push_back(Run{from, to - from, 1});
  }
  return runs;
}

bool SeqSet::Contains(std::uint64_t number) const { return ContainsAll(Run{number, 1, 1}); }

bool SeqSet::ContainsAll(const Run& run) const {
  if (is_dense_) {
    if (run.count == 0 || (run.stride == 1 && run.Last() < NearEnd()))
      return run.count == 0 || ContainsEach({{run.first, run.Last() + 1}});
    for (std::uint64_t i = 0; i < run.count; ++i)
      if (!HasDense(run.At(i))) return false;
    return true;
  }
  const LaneLine::Cut frontier = line_.CutAt(frontier_);
  bool all = true;
  ForEachLane(run, period(), [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t end) {
    const std::uint64_t base = line_.Begin(lane);
    above_.ForEach(
        std::max(base + begin, frontier.In(lane)), base + end,
        [&](std::uint64_t, std::uint64_t, const Present* held) { all = all && held != nullptr; });
  });
  return all;
}

bool SeqSet::ContainsNone(const Run& run) const {
  CHECK(is_dense_);
  if (run.count == 0) return true;
  if (run.first < frontier_) return false;
  const bool is_near = run.stride == 1 && run.Last() < NearEnd();
  if (is_near) return bits_.NextIn(run.first, run.Last() + 1) > run.Last();
  for (std::uint64_t i = 0; i < run.count; ++i)
    if (HasDense(run.At(i))) return false;
  return true;
}

bool SeqSet::ContainsEach(const std::vector<Stretch>& stretches) const {
  if (is_dense_) {
    return std::ranges::all_of(stretches, [this](const Stretch& stretch) {
      const std::uint64_t begin = std::max(stretch.begin, frontier_);
      const std::uint64_t near = std::max(begin, std::min(stretch.end, NearEnd()));
      if (begin < near && bits_.NextOut(begin, near) < near) return false;
      return near >= stretch.end || HasAbove(near, stretch.end);
    });
  }
  const LaneLine::Cut frontier = line_.CutAt(frontier_);
  const auto& intervals = above_.intervals();
  std::size_t next = 0;
  for (const Stretch& stretch : stretches) {
    const std::uint64_t begin = std::max(stretch.begin, frontier.InLaneOf(stretch.begin));
    if (begin >= stretch.end) continue;
    while (next < intervals.size() && intervals[next].end <= begin) ++next;
    if (next == intervals.size()) return false;
    if (intervals[next].begin > begin || intervals[next].end < stretch.end) return false;
  }
  return true;
}

}  // namespace lockstep::core
