// Byzantine filters over the list of effects that a node returns.
//
// The node is an unmodified, honest one; the filter rewrites what it wanted done, through its
// MessageFields, and signs with the key of the host it sits on. The node is never told.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/crypto.h"
#include "protocols/core/effects.h"
#include "sim/derive.h"
#include "sim/fault/fault.h"
#include "sim/trace/emitter.h"

namespace lockstep::sim {

// How often a fault had something to act on, and how often that changed something.
struct FaultEffect {
  std::uint64_t touched = 0;
  std::uint64_t changed = 0;
};

// What an acknowledgement of `honest` becomes.
std::uint64_t Lie(LieMode mode, std::uint64_t lag, std::uint64_t honest);

class Tamper {
 public:
  // `signer` is that of `host`. All outlive this.
  Tamper(core::NodeId host, const core::Signer& signer, Deriver& deriver, trace::Emitter& emitter)
      : host_(host), signer_(signer), deriver_(deriver), emitter_(emitter) {}

  // Rewrites the acknowledgement in a message to `to`; `index` is the fault's, for the receipt.
  void LieAck(core::Instant now, const Fault& fault, std::uint64_t index, core::effect::Send& send,
              FaultEffect& effect);

 private:
  core::NodeId host_;
  const core::Signer& signer_;
  Deriver& deriver_;
  trace::Emitter& emitter_;
};

}  // namespace lockstep::sim
