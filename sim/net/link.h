// A link: propagation, jitter and loss, drawn from a random stream of its own.

#pragma once

#include <optional>

#include "protocols/core/random.h"
#include "protocols/core/time.h"
#include "sim/scenario.h"

namespace lockstep::sim {

class Link {
 public:
  Link(const LinkClass& link, core::Random random) : link_(link), random_(random) {}

  // How long a packet that enters now is on its way; none if it is lost. Draws only for what the
  // link has: adding jitter to one link moves no other.
  std::optional<core::Duration> Traverse() {
    if (link_.loss.numerator > 0 && random_.Chance(link_.loss.numerator, link_.loss.denominator)) {
      return std::nullopt;
    }
    if (link_.jitter.ps() == 0) return link_.delay;
    const auto extra = random_.Below(static_cast<std::uint64_t>(link_.jitter.ps()) + 1);
    return link_.delay + core::Duration::Picoseconds(static_cast<std::int64_t>(extra));
  }

  core::Duration delay() const { return link_.delay; }

 private:
  LinkClass link_;
  core::Random random_;
};

}  // namespace lockstep::sim
