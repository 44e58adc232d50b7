// Harmed records: see disk_harm.h.

#include "sim/fault/engine/disk_harm.h"

namespace lockstep::sim {

void DiskHarm::Describe(core::Keys& keys, const HostNames&) {
  keys.Probability({"chance", "Of each record or snapshot that is written."}, chance.numerator,
                   chance.denominator);
}

}  // namespace lockstep::sim
