// Buckets of a nanosecond: see span_histogram.h.

#include "analysis/span_histogram.h"

#include <algorithm>

#include "absl/numeric/int128.h"

#include "protocols/core/check.h"

namespace lockstep::analysis {

void SpanHistogram::AddFar(std::int64_t ns, std::uint64_t weight) {
  if (ns < 0) {
    below_.Add(static_cast<std::uint64_t>(-ns), weight);
  } else {
    above_.Add(static_cast<std::uint64_t>(ns), weight);
  }
}

void SpanHistogram::AddCounted(const Counted& counted) {
  if (counted.count == 0) return;
  const core::Duration span = core::Duration::Nanoseconds(counted.ns);
  least_ = count_ == 0 ? span : std::min(least_, span);
  most_ = count_ == 0 ? span : std::max(most_, span);
  count_ += counted.count;
  if (counted.ns < -kNearNs || counted.ns >= kNearNs) return AddFar(counted.ns, counted.count);
  if (near_.empty()) near_.resize(2 * kNearNs, 0);
  near_[static_cast<std::size_t>(counted.ns + kNearNs)] += counted.count;
}

std::vector<SpanHistogram::Counted> SpanHistogram::Spans() const {
  std::vector<Counted> spans;
  for (const Histogram::Counted& far : below_.Numbers())
    spans.push_back({-static_cast<std::int64_t>(far.value), far.count});
  std::reverse(spans.begin(), spans.end());
  for (std::size_t i = 0; i < near_.size(); ++i)
    if (near_[i] > 0) spans.push_back({static_cast<std::int64_t>(i) - kNearNs, near_[i]});
  for (const Histogram::Counted& far : above_.Numbers())
    spans.push_back({static_cast<std::int64_t>(far.value), far.count});
  return spans;
}

core::Duration SpanHistogram::Quantile(std::uint64_t numerator, std::uint64_t denominator) const {
  CHECK(denominator > 0);
  CHECK(numerator <= denominator);
  if (count_ == 0) return core::Duration();
  // How many of the least spans make up that fraction, rounded up; at least one.
  const absl::uint128 product = absl::uint128(count_) * numerator;
  auto rank = static_cast<std::uint64_t>((product + denominator - 1) / denominator);
  rank = std::max<std::uint64_t>(rank, 1);
  const auto span = [&](std::int64_t ns) {
    return std::clamp(core::Duration::Nanoseconds(ns), least_, most_);
  };
  // Those furthest below 0 come first.
  if (rank <= below_.count()) {
    const std::uint64_t back = below_.count() - rank + 1;
    return span(-static_cast<std::int64_t>(below_.Quantile(back, below_.count())));
  }
  rank -= below_.count();
  for (std::size_t i = 0; i < near_.size(); ++i) {
    if (rank <= near_[i]) return span(static_cast<std::int64_t>(i) - kNearNs);
    rank -= near_[i];
  }
  return span(static_cast<std::int64_t>(above_.Quantile(rank, above_.count())));
}

}  // namespace lockstep::analysis
