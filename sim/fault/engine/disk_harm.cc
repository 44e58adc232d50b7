// Harmed records: see disk_harm.h.

#include "sim/fault/engine/disk_harm.h"

#include "sim/world_spec.h"

namespace lockstep::sim {

void DiskHarm::Describe(core::Keys& keys, const HostNames&) {
  keys.Probability({"chance", "Of each record or snapshot that is written."}, chance.numerator,
                   chance.denominator);
}

std::optional<Refusal> WantSlowDisk(const WorldSpec& spec) {
  if (!spec.profile.disk.is_instant) return std::nullopt;
  return Refusal{"", "wants a profile whose disk takes time"};
}

}  // namespace lockstep::sim
