// A set of sequence numbers, by lanes above its frontier: see seq_set.h.

#include "protocols/core/seq_set.h"

#include <optional>

namespace lockstep::core {

std::vector<Run> SeqSet::Insert(const Run& run) {
  std::vector<Run> fresh;
  if (run.count == 0) return fresh;
  CHECK(run.Last() < LaneLine::kNumberLimit);
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

bool SeqSet::Contains(std::uint64_t number) const { return ContainsAll(Run{number, 1, 1}); }

bool SeqSet::ContainsAll(const Run& run) const {
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

bool SeqSet::ContainsEach(const std::vector<Stretch>& stretches) const {
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
