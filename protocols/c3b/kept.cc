// What is kept for peers: see kept.h.

#include "protocols/c3b/kept.h"

#include <algorithm>
#include <iterator>

namespace lockstep::c3b {

void Kept::Add(const core::Records& records) {
  const core::Run& run = records.run;
  if (run.stride == 1 || run.count == 1) {
    records_.insert_or_assign(run.first, records);
  } else {
    for (std::uint64_t i = 0; i < run.count; ++i) {
      core::Records one = core::Pick(records, run.Part(i, 1));
      one.run.stride = 1;
      records_.insert_or_assign(one.run.first, std::move(one));
    }
  }
  bytes_ += run.count * records.size;
  while (bytes_ > bytes_most_ && records_.size() > 1) {
    const core::Records& oldest = records_.begin()->second;
    bytes_ -= oldest.run.count * oldest.size;
    records_.erase(records_.begin());
  }
}

std::vector<core::Records> Kept::From(std::uint64_t position, std::uint64_t bytes) const {
  std::vector<core::Records> found;
  auto at = records_.upper_bound(position);
  if (at == records_.begin()) return found;
  at = std::prev(at);
  std::uint64_t left = std::max<std::uint64_t>(bytes, 1);
  for (; at != records_.end() && left > 0; ++at) {
    const core::Records& records = at->second;
    const std::uint64_t skip = position - records.run.first;
    if (at->first > position || skip >= records.run.count) break;
    const std::uint64_t each = std::max<std::uint64_t>(records.size, 1);
    const std::uint64_t count = std::min(records.run.count - skip, (left + each - 1) / each);
    found.push_back(core::Pick(records, core::Run{position, count, 1}));
    left -= std::min(left, count * each);
    position += count;
    if (skip + count < records.run.count) break;
  }
  return found;
}

}  // namespace lockstep::c3b
