// How often which span of time occurred, of either sign: by the nanosecond where it is short.
//
// Within 65.536 us of 0 each nanosecond has a bucket of its own, and a quantile is exact to it;
// beyond, buckets are log-linear as those of histogram.h, and a quantile is less than 0.4 % away.
// Spans are rounded down to the nanosecond, so that what is below 0 stays below it; the least and
// the greatest one are kept as they were.

#pragma once

#include <cstdint>
#include <vector>

#include "analysis/histogram.h"
#include "protocols/core/time.h"

namespace lockstep::analysis {

class SpanHistogram {
 public:
  // Spans of at least -kNearNs and less than kNearNs nanoseconds have buckets of their own.
  static constexpr std::int64_t kNearNs = 65'536;

  void Add(core::Duration span) {
    std::int64_t ns = span.ps() / kPsPerNs;
    if (span.ps() < ns * kPsPerNs) --ns;
    if (count_++ == 0) least_ = most_ = span;
    if (span < least_) least_ = span;
    if (span > most_) most_ = span;
    if (ns < -kNearNs || ns >= kNearNs) return AddFar(ns, 1);
    if (near_.empty()) near_.resize(2 * kNearNs, 0);
    ++near_[static_cast<std::size_t>(ns + kNearNs)];
  }

  // Those of a bucket, by whole nanoseconds.
  struct Counted {
    std::int64_t ns = 0;
    std::uint64_t count = 0;
  };
  // In ascending order. Added to an empty histogram, whose least and greatest are then set to those
  // of this, they make one that is equal to it.
  std::vector<Counted> Spans() const;
  void AddCounted(const Counted& counted);
  void SetEnds(core::Duration least, core::Duration most) {
    least_ = least;
    most_ = most;
  }

  std::uint64_t count() const { return count_; }
  // Both 0 where nothing was added.
  core::Duration least() const { return least_; }
  core::Duration most() const { return most_; }
  // The least span, by the nanosecond, such that at least numerator / denominator of all are not
  // above it; the fraction is in [0, 1]. 0 where nothing was added.
  core::Duration Quantile(std::uint64_t numerator, std::uint64_t denominator) const;

 private:
  static constexpr std::int64_t kPsPerNs = 1'000;

  void AddFar(std::int64_t ns, std::uint64_t weight);

  std::vector<std::uint64_t> near_;  // near_[ns + kNearNs], once there is one
  Histogram below_;                  // of what lies further down, by how far it is below 0, in ns
  Histogram above_;                  // of what lies further up, in ns
  std::uint64_t count_ = 0;
  core::Duration least_;
  core::Duration most_;
};

}  // namespace lockstep::analysis
