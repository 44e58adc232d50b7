// One run: the clock, the queue, hosts and network, and the faults that hit them.
//
// No global state: two worlds live in one process without noticing each other. The same scenario,
// seed and program give the same sequence of events.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "protocols/core/program.h"
#include "sim/derive.h"
#include "sim/event_queue.h"
#include "sim/fault/engine/agenda.h"
#include "sim/fault/engine/held.h"
#include "sim/fault/engine/moods.h"
#include "sim/fault/engine/plan.h"
#include "sim/fault/engine/spare.h"
#include "sim/hook.h"
#include "sim/host/host.h"
#include "sim/keys.h"
#include "sim/net/network.h"
#include "sim/trace/drop_counts.h"
#include "sim/trace/emitter.h"
#include "sim/world_spec.h"

namespace lockstep::sim {

class World : private NetworkListener, private Crasher {
 public:
  // `scenario`, `program` and the sinks outlive the world.
  World(const WorldSpec& scenario, const core::Program& program,
        const std::vector<trace::Sink*>& sinks);

  // Runs what is due until `until` (inclusive), or for `steps_max` entries of the queue and boots
  // and starts of hosts; false when there is nothing left up to `until`.
  bool Run(core::Instant until, std::uint64_t steps_max);
  // Ends the run: receipts, the end event, and each sink finishes. `is_cut`: before its time.
  void Finish(bool is_cut);

  core::Instant now() const { return now_; }
  std::uint64_t steps() const { return steps_; }
  Host& host(core::NodeId node) { return *hosts_[node.value()]; }
  const Network& network() const { return network_; }
  // Who may strike wherever something is about to happen; outlives the world, or is null. Takes the
  // place of the scenario's own faults that do.
  void SetHook(Hook* hook) {
    hook_ = hook;
    network_.wires().SetHook(hook);
  }
  // Crashes a host now, the process or the whole machine; false where it is down already. Only in a
  // world with a hook or with faults: in another, hosts act ahead.
  bool Crash(core::NodeId target, CrashState disk, bool is_of_machine = false);

 private:
  void OnArrived(Message&& message) override;
  void OnTaken(core::NodeId from, core::NodeId to, core::ByteCount size) override;
  void OnDestroyed(const Message& message, trace::DropCause cause, Place place) override;
  void OnPacketLost(core::NodeId from, core::NodeId to, core::ByteCount size,
                    trace::DropCause cause, Place place) override;
  bool wants_life() const override {
    return emitter_.Wants(trace::EventKind::kOnWire) || emitter_.Wants(trace::EventKind::kArrived);
  }
  void OnWire(const Message& message) override;
  void OnAtCard(const Message& message) override;

  void ScheduleFaults();
  void Schedule(const FaultAgenda::Item& item);
  void OnFaults();
  void OnTask(const Task& task);
  void BeginFault(std::size_t index);
  bool CrashHost(core::NodeId host, const CrashOrder& order) override;
  void BeginDue() override;
  void ScheduleTick(std::size_t fault, core::Instant at) override {
    Schedule({at, FaultStep::kTick, fault});
  }
  void StartAll();
  void StartNext();
  void Restart(core::NodeId node);
  // Counts it, too.
  trace::Event DropOf(core::NodeId from, core::NodeId to, core::ByteCount size,
                      trace::DropCause cause, Place place);
  void EmitOfMessage(trace::EventKind kind, const Message& message, core::NodeId node,
                     core::NodeId peer);
  void EmitLife(core::NodeId node, trace::EventKind kind, std::uint64_t undone = 0);
  void EmitMetrics();

  const WorldSpec& scenario_;
  SpareHosts spare_;
  core::Instant now_;
  std::uint64_t steps_ = 0;
  trace::Emitter emitter_;
  trace::DropCounts drops_;
  EventQueue queue_;
  core::Random random_;
  std::vector<Keys> keys_;  // keys_[host]
  Deriver deriver_;
  FaultPlan faults_;
  FaultAgenda agenda_;
  Network network_;
  HeldMessages held_;
  std::vector<std::unique_ptr<Host>> hosts_;
  // All boot, then all start, one a step: a large world can be left while it begins.
  std::vector<Host*> starting_;
  std::size_t next_start_ = 0;
  HostMoods moods_;
  Hook* hook_ = nullptr;
  // What each host had sent, received, handled and worked when the last period ended.
  struct Counted {
    std::uint64_t egress = 0;
    std::uint64_t ingress = 0;
    std::uint64_t handled = 0;
    std::uint64_t busy_ps = 0;  // on the core of the protocol stage
  };
  std::vector<Counted> counted_;
};

}  // namespace lockstep::sim
