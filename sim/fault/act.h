// What faults do to cards, cores, clocks and connections when they begin and when they end.
//
// Where several of one kind are in force on one host, the clock is frozen until the last has ended,
// and of CPUs and drifts the last in the scenario's list counts. Crashes are the world's, and
// faults of messages the plan's.
//
// Receipts. Touched are the hosts that were hit (of a card: each direction; of connections: those
// that were open). Changed is what would have been otherwise:
//
//   nic_stall              packets that it made later
//   pause, freeze          what waits on the host when it ends, or when the host crashes:
//                          messages, timers, steps
//   slow_cpu               calls of the node meanwhile, if its cores had any work
//   clock_step             hosts that were up, or not yet started
//   clock_offset, _drift,
//   _slew, _freeze         calls of the node meanwhile: each was handed a reading that is off
//   conn_reset             messages that were lost
//   half_open              packets that came to the end that had forgotten the connection

#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "protocols/core/ids.h"
#include "protocols/core/time.h"
#include "sim/fault/plan.h"
#include "sim/world_spec.h"

namespace lockstep::sim {

class Host;
class Network;

class FaultActs {
 public:
  // All outlive this; `hosts` may be filled later.
  FaultActs(const WorldSpec& scenario, FaultPlan& plan, Network& network,
            const std::vector<std::unique_ptr<Host>>& hosts);

  // The plan says that it is in force, and no longer is.
  void Begin(core::Instant now, std::size_t index);
  void End(core::Instant now, std::size_t index);
  // The host is about to crash: what has waited on it while it stood still waits no more.
  void OnCrash(core::NodeId target);
  // The machine loses its power: it stands still no more, and its clocks are right when it is back.
  void OnMachineDown(core::Instant now, core::NodeId target);
  // A packet has come to an end that has forgotten its connection.
  void OnForgotten(core::NodeId from, core::NodeId to);
  // The run is over: counts what faults have done that are still in force.
  void CountUnended(core::Instant now);

 private:
  using Pair = std::pair<core::NodeId, core::NodeId>;
  // Of a host, when a fault began.
  struct Before {
    std::uint64_t calls = 0;
    core::Duration busy;
  };

  // The edges whose ports a stall of cards is about.
  std::vector<std::uint32_t> CardEdges(const Fault& fault) const;
  void BeginOn(core::Instant now, std::size_t index, core::NodeId target);
  void EndOn(core::Instant now, std::size_t index, core::NodeId target);
  // Makes speed and drift of a host, and which of its clocks stand still, those of the faults that
  // are in force on it.
  void SetSpeed(core::Instant now, core::NodeId target);
  void SetDrift(core::Instant now, core::NodeId target, core::Clock clock);
  void SetFrozen(core::Instant now, core::NodeId target, core::Clock clock);
  void Step(core::Instant now, core::NodeId target, core::Clock clock, core::Duration by);
  void Slew(core::Instant now, core::NodeId target, const ClockChange& change);

  void ResetConnections(std::size_t index);
  void ForgetConnections(std::size_t index);
  // Resets those that are still half-open.
  void CloseForgotten(std::size_t index);
  // The streams that a fault is about and that were ever opened.
  std::vector<Pair> OpenStreams(const Fault& fault) const;
  bool IsAbout(const Fault& fault, core::NodeId from, core::NodeId to) const;

  // What a fault in force has changed so far.
  std::uint64_t Changed(core::Instant now, std::size_t index) const;
  std::uint64_t ChangedOn(const Fault& fault, const Host& host, const Before& before) const;
  // The last in the list that is in force on a host and does this; null if none does.
  const Fault* InForce(core::NodeId target, FaultKind kind, core::Clock clock) const;
  Host& HostOf(core::NodeId node) const { return *hosts_[node.value()]; }

  const WorldSpec& scenario_;
  FaultPlan& plan_;
  Network& network_;
  const std::vector<std::unique_ptr<Host>>& hosts_;
  std::vector<std::vector<Before>> before_;        // before_[fault][target]
  std::vector<std::vector<core::NodeId>> lifted_;  // lifted_[fault]: targets that lost their power
  std::vector<std::vector<Pair>> forgotten_;       // forgotten_[fault]: made half-open by it
  std::vector<std::size_t> half_open_;             // faults of that kind
};

}  // namespace lockstep::sim
