// What a host does not send: all that the fault selects.

#pragma once

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {

class UnsentActor final : public FaultActor {
 public:
  using FaultActor::FaultActor;
  bool OnSend(const SendCase& send) override {
    Touch();
    Change(send.now);
    return false;
  }
};

}  // namespace lockstep::sim
