// The log of findings: see checker.h.

#include "analysis/checker.h"

#include <algorithm>
#include <utility>

namespace lockstep::analysis {

std::vector<Finding> FindingLog::First(const Answerable& is_answerable) const {
  std::vector<const Kept*> all;
  for (const auto& [node, entry] : nodes_) {
    if (node && !is_answerable(*node)) continue;
    for (const Kept& kept : entry.kept) all.push_back(&kept);
  }
  std::sort(all.begin(), all.end(),
            [](const Kept* a, const Kept* b) { return a->order < b->order; });
  if (all.size() > kKept) all.resize(kKept);
  std::vector<Finding> first;
  for (const Kept* kept : all) first.push_back(kept->finding);
  return first;
}

std::uint64_t FindingLog::Count(const Answerable& is_answerable) const {
  std::uint64_t sum = 0;
  for (const auto& [node, entry] : nodes_) {
    if (!node || is_answerable(*node)) sum += entry.count;
  }
  return sum;
}

}  // namespace lockstep::analysis
