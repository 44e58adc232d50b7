// Log-linear buckets: see histogram.h.

#include "analysis/histogram.h"

#include <algorithm>
#include <bit>

#include "absl/numeric/int128.h"

#include "protocols/core/check.h"

namespace lockstep::analysis {
namespace {

// Each doubling is cut into 2^kBits buckets.
constexpr unsigned kBits = 7;
constexpr std::uint64_t kPerDoubling = std::uint64_t{1} << kBits;

// Numbers with the same bits above the lowest `shift` share a bucket:
//   shift = max(0, bit_width(value) - kBits - 1),  index = shift * 2^kBits + (value >> shift)
// so the second term is in [2^kBits, 2^(kBits + 1)) from the first shift on, and indices go on
// without a gap.
std::size_t IndexOf(std::uint64_t value) {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  const unsigned shift = width > kBits + 1 ? width - kBits - 1 : 0;
  return static_cast<std::size_t>(shift * kPerDoubling + (value >> shift));
}

// The middle of a bucket, rounded down.
std::uint64_t MiddleOf(std::size_t index) {
  if (index < 2 * kPerDoubling) return index;
  const std::uint64_t shift = index / kPerDoubling - 1;
  const std::uint64_t low = (index - shift * kPerDoubling) << shift;
  return low + ((std::uint64_t{1} << shift) - 1) / 2;
}

}  // namespace

void Histogram::Add(std::uint64_t value, std::uint64_t weight) {
  if (weight == 0) return;
  value = std::min(value, kMost);
  const std::size_t index = IndexOf(value);
  if (index >= buckets_.size()) buckets_.resize(index + 1, 0);
  buckets_[index] += weight;
  count_ += weight;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
}

void Histogram::Merge(const Histogram& other) {
  if (other.buckets_.size() > buckets_.size()) buckets_.resize(other.buckets_.size(), 0);
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

std::vector<Histogram::Counted> Histogram::Numbers() const {
  std::vector<Counted> numbers;
  if (count_ == 0) return numbers;
  // The least and the greatest stand for themselves, which may be one number.
  const std::size_t first = IndexOf(min_);
  const std::size_t last = IndexOf(max_);
  for (std::size_t i = first; i <= last; ++i) {
    const std::uint64_t at_ends =
        count_ == 1 ? 1 : std::uint64_t{i == first} + std::uint64_t{i == last};
    if (i == first) numbers.push_back({min_, 1});
    const std::uint64_t between = buckets_[i] - at_ends;
    if (between > 0) numbers.push_back({std::clamp(MiddleOf(i), min_, max_), between});
    if (i == last && count_ > 1) numbers.push_back({max_, 1});
  }
  return numbers;
}

std::uint64_t Histogram::Quantile(std::uint64_t numerator, std::uint64_t denominator) const {
  CHECK(denominator > 0);
  CHECK(numerator <= denominator);
  if (count_ == 0) return 0;
  // How many of the least numbers make up that fraction, rounded up.
  const absl::uint128 product = absl::uint128(count_) * numerator;
  const auto rank = static_cast<std::uint64_t>((product + denominator - 1) / denominator);
  if (rank <= 1) return min_;
  if (rank == count_) return max_;
  std::uint64_t below = 0;
  std::size_t index = 0;
  while (below + buckets_[index] < rank) below += buckets_[index++];
  return std::clamp(MiddleOf(index), min_, max_);
}

}  // namespace lockstep::analysis
