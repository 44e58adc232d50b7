// When the operating system stops a core, and for how long.
//
// From the beginning of one stall to the beginning of the next passes an exponential time, whatever
// the core does meanwhile; so who serves work and who tells of stalls can each keep a copy.

#pragma once

#include <utility>

#include "protocols/core/random.h"
#include "protocols/core/time.h"
#include "sim/profile.h"

namespace lockstep::sim {

class CoreNoise {
 public:
  // `noise` outlives this.
  CoreNoise(const NoiseSpec& noise, core::Random random)
      : noise_(&noise), random_(std::move(random)) {
    if (noise.per_second > 0) Draw(core::Instant());
  }

  // The next one; Max() where there is none.
  core::Instant begins() const { return begins_; }
  core::Duration lasts() const { return lasts_; }
  // On to the one after it.
  void Pass() { Draw(begins_); }
  // The core stands still for another reason, and so much later begins what it would.
  void Postpone(core::Duration by) {
    if (begins_ < core::Instant::Max()) begins_ = begins_ + by;
  }

 private:
  void Draw(core::Instant after) {
    begins_ = after + noise_->gap.Sample(random_);
    lasts_ = noise_->duration.Sample(random_);
  }

  const NoiseSpec* noise_;
  core::Random random_;
  core::Instant begins_ = core::Instant::Max();
  core::Duration lasts_;
};

}  // namespace lockstep::sim
