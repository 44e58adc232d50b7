// Random numbers by counter: number i of a stream is a function of (seed, stream name, i).
//
// Each consumer forks its own stream by name ("link/a0-b1"), so adding one disturbs no other. The
// generator is Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11)
// from Random123. Integers only: probabilities are ratios.

#pragma once

#include <cstdint>
#include <string_view>

namespace lockstep::core {

class Random {
 public:
  // The root stream of a run.
  explicit Random(std::uint64_t seed = 0) : seed_(seed) {}

  // An independent stream, the same for the same seed and path of names.
  Random Fork(std::string_view name) const;

  // 64 random bits.
  std::uint64_t Next() { return index_++ % 2 == 0 ? FirstHalf() : second_half_; }
  // Uniform in [0, bound); bound > 0. Unbiased (Lemire, "Fast random integer generation in an
  // interval", 2019).
  std::uint64_t Below(std::uint64_t bound);
  // True with probability numerator / denominator; denominator > 0.
  bool Chance(std::uint64_t numerator, std::uint64_t denominator);

 private:
  // A block of the cipher is two numbers.
  std::uint64_t FirstHalf();

  std::uint64_t seed_;
  std::uint64_t stream_ = 0;
  std::uint64_t index_ = 0;
  std::uint64_t second_half_ = 0;  // of the block begun last
};

}  // namespace lockstep::core
