// How often which whole number occurred, in buckets that are narrow against what is in them.
//
// Log-linear, as HdrHistogram: numbers below 256 have a bucket each, and every further doubling is
// cut into 128 buckets of equal width. A quantile is the middle of its bucket, and less than 0.4 %
// away from the number that stood there; the least and the greatest number are exact.
//
// Integers throughout, so the same numbers give the same quantiles in whatever order they came.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lockstep::analysis {

class Histogram {
 public:
  // What is greater counts as this: of picoseconds, 53 days.
  static constexpr std::uint64_t kMost = std::uint64_t{1} << 62;

  // `weight` times the same number.
  void Add(std::uint64_t value, std::uint64_t weight = 1);
  // Adds all that `other` has.
  void Merge(const Histogram& other);

  struct Counted {
    std::uint64_t value = 0;
    std::uint64_t count = 0;
  };
  // Numbers, in ascending order, that give an equal histogram when they are added to an empty one.
  std::vector<Counted> Numbers() const;

  std::uint64_t count() const { return count_; }
  // Both 0 where nothing was added.
  std::uint64_t min() const { return count_ == 0 ? 0 : min_; }
  std::uint64_t max() const { return max_; }
  // The least number such that at least numerator / denominator of all are not above it; the
  // fraction is in [0, 1]. 0 where nothing was added.
  std::uint64_t Quantile(std::uint64_t numerator, std::uint64_t denominator) const;

 private:
  std::vector<std::uint64_t> buckets_;  // as far as they were needed
  std::uint64_t count_ = 0;
  std::uint64_t min_ = kMost;
  std::uint64_t max_ = 0;
};

}  // namespace lockstep::analysis
