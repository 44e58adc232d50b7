// A set of sequence numbers by residue class: see seq_set.h.

#include "protocols/core/seq_set.h"

#include <algorithm>

namespace lockstep::core {

std::vector<Run> SeqSet::Insert(const Run& run) {
  std::vector<Run> fresh;
  if (run.count == 0) return fresh;
  std::uint64_t added = 0;
  bool is_frontier_touched = false;
  ForEachLane(run, period(), [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t end) {
    lanes_[lane].Update(begin, end, [&](std::uint64_t b, std::uint64_t e, const Present* value) {
      if (value == nullptr) {
        fresh.push_back(Run{lane + period() * b, e - b, period()});
        added += e - b;
      }
      return std::optional<Present>(Present{});
    });
    if (frontier_ % period() == lane) is_frontier_touched = true;
  });
  count_ += added;
  end_ = std::max(end_, run.Last() + 1);
  if (is_frontier_touched && added > 0) AdvanceFrontier();
  // All new, as nearly always: give it back as it came.
  if (added == run.count) fresh.assign(1, run);
  return fresh;
}

void SeqSet::AdvanceFrontier() {
  std::uint64_t frontier = ~std::uint64_t{0};
  for (std::uint64_t lane = 0; lane < period(); ++lane) {
    const auto& intervals = lanes_[lane].intervals();
    const bool has_prefix = !intervals.empty() && intervals.front().begin == 0;
    frontier = std::min(frontier, lane + period() * (has_prefix ? intervals.front().end : 0));
  }
  frontier_ = frontier;
}

bool SeqSet::Contains(std::uint64_t number) const { return ContainsAll(Run{number, 1, 1}); }

bool SeqSet::ContainsAll(const Run& run) const {
  bool all = true;
  ForEachLane(run, period(), [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t end) {
    lanes_[lane].ForEach(begin, end, [&](std::uint64_t, std::uint64_t, const Present* value) {
      all = all && value != nullptr;
    });
  });
  return all;
}

}  // namespace lockstep::core
