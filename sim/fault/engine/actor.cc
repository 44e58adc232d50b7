// What a fault does: see actor.h.

#include "sim/fault/engine/actor.h"

#include <algorithm>

#include "sim/fault/engine/plan.h"
#include "sim/host/host.h"

namespace lockstep::sim {

FaultActor::FaultActor(const FaultScene& scene, std::size_t index)
    : scene_(scene),
      fault_(scene.plan.faults()[index]),
      index_(index),
      random_(scene.plan.StreamOf(index)) {}

bool FaultActor::Targets(core::NodeId host) const {
  return std::find(targets().begin(), targets().end(), host) != targets().end();
}

Host& FaultActor::HostOf(core::NodeId host) const { return *scene_.hosts[host.value()]; }

// A run that is over stalls nothing.
core::Instant FaultActor::EndsAt(core::Instant now) const {
  return std::max(now, std::min(fault_.EndOf(now), scene_.spec.end));
}

void FaultActor::TickAfter(core::Instant now, core::Duration later) {
  const bool is_in_time = later < scene_.spec.end - now;
  if (is_in_time) scene_.plan.SetTick(index_, now + later);
}

void FaultActor::Touch(std::uint64_t count) { scene_.plan.CountTouched(index_, count); }

void FaultActor::Change(core::Instant now, std::uint64_t count) {
  if (count > 0) scene_.plan.CountChanged(now, index_, count);
}

core::Duration DrawBetween(core::Duration min, core::Duration max, core::Random& random) {
  const auto span = static_cast<std::uint64_t>((max - min).ps()) + 1;
  return min + core::Duration::Picoseconds(static_cast<std::int64_t>(random.Below(span)));
}

}  // namespace lockstep::sim
