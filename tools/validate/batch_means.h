// The mean of correlated samples, with a 99 % interval: the method of batch means.
//
// Samples of one long run are cut into batches so long that their means hardly know of each other;
// these are treated as independent (Law and Kelton, "Simulation modeling and analysis", chapter 9).
// The first batch is thrown away, since the run began empty. Whoever makes one chooses the length.

#pragma once

#include <cstdint>

namespace lockstep::validate {

class BatchMeans {
 public:
  // Fewer batches give no interval that could be believed.
  static constexpr std::uint64_t kBatchesMin = 40;

  explicit BatchMeans(std::uint64_t batch_length) : batch_length_(batch_length) {}

  void Add(double sample);
  // Whether the interval is as narrow as that, relative to the mean, or `samples_max` are in. Looks
  // at whole batches only, every tenth, so as not to stop at the first lucky one.
  bool IsEnough(double half_width, std::uint64_t samples_max) const;

  double mean() const { return mean_; }
  // By Student's t; of at least kBatchesMin batches.
  double half_width() const;
  std::uint64_t samples() const { return batches_ * batch_length_; }
  std::uint64_t batches() const { return batches_; }

 private:
  std::uint64_t batch_length_;
  bool is_warm_ = false;
  std::uint64_t in_batch_ = 0;
  double batch_sum_ = 0;
  std::uint64_t batches_ = 0;
  double mean_ = 0;
  double squares_ = 0;  // sum of squared distances from the mean (Welford 1962)
};

// The 0.995 quantile of Student's t, for 20 degrees of freedom or more within 1e-3 (Abramowitz and
// Stegun, 26.7.5).
double StudentT995(std::uint64_t degrees);

// How many arrivals make a batch in a queue of this load: two hundred times what it takes to
// forget. The relaxation time of M/M/1, in service times, is 1 / (1 - sqrt(load))^2 (Cohen, "The
// single server queue", II.2.1): 90 at a load of 0.8, and 1,560 at 0.95. Arrivals are rarer than
// services, and M/D/1 forgets faster, so that both get more than they need. Means of neighbouring
// batches are then correlated by less than a hundredth.
std::uint64_t BatchLength(double load);

}  // namespace lockstep::validate
