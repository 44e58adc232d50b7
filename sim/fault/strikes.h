// The faults of a scenario that wait where something is about to happen: packets that are lost as
// they come to a card, crashes between two effects. The hook of a world that has any.

#pragma once

#include <cstddef>
#include <vector>

#include "sim/fault/crash_point.h"
#include "sim/fault/plan.h"
#include "sim/hook.h"
#include "sim/world_spec.h"

namespace lockstep::sim {

class Network;

// Who crashes a host, the target of a fault.
class Crasher {
 public:
  virtual ~Crasher() = default;
  virtual void CrashHost(std::size_t fault, core::NodeId host) = 0;
};

class Strikes final : public Hook {
 public:
  // All outlive this.
  Strikes(const WorldSpec& scenario, FaultPlan& plan, const Network& network, Crasher& crasher);

  // Whether the scenario has such faults.
  bool has_any() const { return !crashes_.empty() || has_loss_; }
  void BeforeEffect(core::Instant now, core::NodeId host, const core::Listed& listed) override;
  PacketFate BeforeQueue(core::Instant now, std::uint32_t edge, const Packet& packet,
                         core::ByteCount waiting) override;

 private:
  struct Crash {
    std::size_t fault = 0;
    CrashPointCount count;
  };

  const WorldSpec& scenario_;
  FaultPlan& plan_;
  const Network& network_;
  Crasher& crasher_;
  std::vector<Crash> crashes_;  // in the order of the scenario's list
  bool has_loss_ = false;
};

}  // namespace lockstep::sim
