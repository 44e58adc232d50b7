// A host that stands still: what `pause`, `freeze` and those that do it again and again share.

#pragma once

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {

// Counts what waits on the hosts when they go on, or when one of them crashes meanwhile: messages,
// timers, steps. Where the clocks stop, too, also what they are asked for from then on.
class StandstillActor : public FaultActor {
 public:
  StandstillActor(const FaultScene& scene, std::size_t index, bool stops_clocks)
      : FaultActor(scene, index), stops_clocks_(stops_clocks) {}

  void Begin(core::Instant now) override;
  void End(core::Instant now) override;
  void OnRunEnds(core::Instant now) override;
  void OnCrash(core::Instant now, core::NodeId host) override;

 private:
  std::uint64_t UsesOf(core::NodeId host) const;
  void CountWaiting(core::Instant now);

  bool stops_clocks_;
  bool is_begun_ = false;
  std::vector<std::uint64_t> uses_before_;  // [target], of all clocks
};

}  // namespace lockstep::sim
