// Disks that do not keep what they were given: what the kinds that harm records share.
//
// Nothing is different until somebody reads: changed are the records that a node was handed
// otherwise, or not at all, when it started again.

#pragma once

#include "sim/fault/engine/actor.h"
#include "sim/host/disk.h"

namespace lockstep::sim {

// Harms each record, or snapshot, that a target writes while the fault is in force, with a chance.
struct DiskHarm : FaultBody {
  Ratio chance{1, 1};
  void Describe(core::Keys& keys, const HostNames&) override;
};

// What of a disk that takes no time there would be nothing of.
std::optional<Refusal> WantSlowDisk(const WorldSpec& spec);

template <Disk::Harm::What kWhat>
class DiskHarmActor final : public FaultActor {
 public:
  DiskHarmActor(const FaultScene& scene, std::size_t index, const DiskHarm& harm)
      : FaultActor(scene, index), chance_(harm.chance) {}
  std::optional<Disk::Harm> BeforeRecord(core::Instant, core::NodeId host) override {
    if (!Targets(host)) return std::nullopt;
    Touch();
    if (!random().Chance(chance_.numerator, chance_.denominator)) return std::nullopt;
    return Disk::Harm{kWhat, index(), random().Next()};
  }

 private:
  Ratio chance_;
};

}  // namespace lockstep::sim
