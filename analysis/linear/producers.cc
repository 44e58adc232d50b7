// Who can bring about what is read: see producers.h.

#include "analysis/linear/producers.h"

#include <algorithm>

namespace lockstep::analysis::linear {

void Producers::AddWriter(std::uint32_t item, const Operation& operation, std::uint32_t returned) {
  if (operation.action == Action::kAppend) {
    has_appends_ = true;
    return;
  }
  std::vector<Maker>& makers = makers_[operation.value];
  const std::uint32_t before = makers.empty() ? 0 : makers.back().returned_max;
  makers.push_back({item, operation.invoked, std::max(before, returned)});
  sizes_.insert(operation.value.size());
}

void Producers::AddRead(std::uint32_t item, const Operation& operation, std::uint32_t returned) {
  // A compare-and-set that puts back what it found reads that.
  reads_.push_back({item, returned, &operation.value, {}});
}

void Producers::Finish() {
  std::sort(reads_.begin(), reads_.end(),
            [](const Read& a, const Read& b) { return a.returned < b.returned; });
  for (Read& read : reads_) {
    for (const std::size_t size : sizes_) {
      if (size > read.value->size()) break;
      if (!has_appends_ && size != read.value->size()) continue;
      const auto found = makers_.find(read.value->substr(0, size));
      if (found != makers_.end()) read.makers.push_back(&found->second);
    }
  }
}

std::size_t Producers::FirstReadFrom(std::uint32_t place) const {
  const auto found = std::partition_point(
      reads_.begin(), reads_.end(), [place](const Read& read) { return read.returned < place; });
  return static_cast<std::size_t>(found - reads_.begin());
}

}  // namespace lockstep::analysis::linear
