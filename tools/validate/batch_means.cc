// Batch means: see batch_means.h.

#include "tools/validate/batch_means.h"

#include <algorithm>
#include <cmath>

namespace lockstep::validate {

void BatchMeans::Add(double sample) {
  batch_sum_ += sample;
  if (++in_batch_ < batch_length_) return;
  const double batch = batch_sum_ / static_cast<double>(batch_length_);
  in_batch_ = 0;
  batch_sum_ = 0;
  if (!is_warm_) {
    is_warm_ = true;
    return;
  }
  ++batches_;
  const double distance = batch - mean_;
  mean_ += distance / static_cast<double>(batches_);
  squares_ += distance * (batch - mean_);
}

bool BatchMeans::IsEnough(double half_width, std::uint64_t samples_max) const {
  if (samples() >= samples_max) return true;
  if (in_batch_ > 0 || batches_ < kBatchesMin || batches_ % 10 != 0) return false;
  return this->half_width() <= half_width * mean_;
}

double BatchMeans::half_width() const {
  const auto count = static_cast<double>(batches_);
  return StudentT995(batches_ - 1) * std::sqrt(squares_ / (count - 1) / count);
}

double StudentT995(std::uint64_t degrees) {
  constexpr double z = 2.5758293035489;
  const double z3 = z * z * z;
  const double z5 = z3 * z * z;
  const double z7 = z5 * z * z;
  const auto v = static_cast<double>(degrees);
  return z + (z3 + z) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * v * v * v);
}

std::uint64_t BatchLength(double load) {
  const double forgets = 1 / ((1 - std::sqrt(load)) * (1 - std::sqrt(load)));
  return std::max<std::uint64_t>(2'000, static_cast<std::uint64_t>(200 * forgets));
}

}  // namespace lockstep::validate
