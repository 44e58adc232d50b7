// A link: propagation, jitter and loss, drawn from a random stream of its own.

#pragma once

#include <optional>

#include "protocols/core/random.h"
#include "protocols/core/time.h"
#include "sim/profile.h"

namespace lockstep::sim {

class Link {
 public:
  Link(const WireSpec& wire, core::Random random)
      : wire_(wire), fixed_(wire.delay + wire.fec), random_(random) {}

  // How long a packet that enters now is on its way; none if it is lost. Draws only for what the
  // link has: adding jitter to one link moves no other.
  std::optional<core::Duration> Traverse() {
    if (wire_.loss.numerator > 0 && random_.Chance(wire_.loss.numerator, wire_.loss.denominator)) {
      return std::nullopt;
    }
    return fixed_ + wire_.jitter.Sample(random_);
  }

  // Whether all take the same time, and so keep their order.
  bool is_fixed() const { return wire_.jitter.is_constant(); }
  bool draws_nothing() const { return is_fixed() && wire_.loss.numerator == 0; }
  // The least it takes.
  core::Duration delay() const { return fixed_ + wire_.jitter.min(); }

 private:
  WireSpec wire_;
  core::Duration fixed_;
  core::Random random_;
};

}  // namespace lockstep::sim
