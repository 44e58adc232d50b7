// Packets that wait before their sender's card until a fault ends, whenever that is.

#pragma once

#include <utility>

#include "sim/fault/engine/actor.h"
#include "sim/net/network.h"

namespace lockstep::sim {

class HoldingActor : public FaultActor {
 public:
  using FaultActor::FaultActor;
  void Begin(core::Instant now) override { released_ = EndsAt(now); }
  // It may be over sooner than was known when they came.
  void End(core::Instant now) override {
    const core::Instant known = std::exchange(released_, now);
    if (now < known) scene().network.wires().Release(now, HolderOf(index()), known - now);
  }

 protected:
  // What becomes of one that waits; this one may be the last of so many.
  PacketFate Hold(core::Instant now) {
    Change(now);
    return {.later = released_ - now, .holder = HolderOf(index())};
  }

 private:
  core::Instant released_;
};

}  // namespace lockstep::sim
