// What breaks when, whom it hits, and the receipt that it did.
//
// A fault is in force between its beginning and its end. Hosts and the network ask the plan at the
// points where a fault could act; it answers, counts, and never tells a node.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "protocols/core/effects.h"
#include "protocols/core/random.h"
#include "sim/derive.h"
#include "sim/fault/message_fate.h"
#include "sim/fault/tamper.h"
#include "sim/keys.h"
#include "sim/net/message.h"
#include "sim/trace/emitter.h"
#include "sim/world_spec.h"

namespace lockstep::sim {

class FaultPlan {
 public:
  // All outlive the plan. `keys[host]` are its keys: only those of hosts that lie are used.
  FaultPlan(const WorldSpec& scenario, const std::vector<Keys>& keys, Deriver& deriver,
            trace::Emitter& emitter, const core::Random& random);

  const std::vector<Fault>& faults() const { return scenario_.faults; }
  void Begin(core::Instant now, std::size_t index);
  void End(core::Instant now, std::size_t index);
  bool is_active(std::size_t index) const { return states_[index].is_active; }
  // A fault had something to act on, and changed it.
  void Count(std::size_t index, const FaultEffect& effect);
  // Whether a fault is about what goes from one host to another.
  bool IsAbout(const Fault& fault, core::NodeId from, core::NodeId to) const;

  // Whether any filter is ever on this host.
  bool IsFiltered(core::NodeId host) const { return !on_[host.value()].empty(); }
  // Passes what a node has listed through the filters on its host. What a silent host would have
  // sent is moved to `silenced`.
  void Filter(core::Instant now, core::NodeId host, std::vector<core::Listed>& list,
              std::vector<core::effect::Send>& silenced);
  // Whether any fault ever acts on messages on their way.
  bool strikes_messages() const { return !on_the_way_.empty(); }
  // What faults do to this message, above the transport.
  MessageFate FateOf(core::Instant now, const Message& message);
  // Whether a fault loses a packet from one host to another, below the transport.
  bool LosesPacket(core::Instant now, core::NodeId from, core::NodeId to);
  // What a fault has touched before has changed something.
  void CountChanged(core::Instant now, std::size_t index);
  // A copy that the world has made comes to a host that is up.
  void OnCopyArrived(core::Instant now, const Message& message);

  // Who spends budget, at the start; and one receipt for each fault, at the end.
  void EmitFaulty(core::Instant now);
  void EmitReceipts(core::Instant now);

 private:
  struct State {
    bool is_active = false;
    FaultEffect effect;
    std::uint64_t matched = 0;  // messages that matched the selector but for its nth
    core::Random random;
  };

  // Whether a fault that is in force is about this occasion, and strikes.
  bool Strikes(std::size_t index);
  void Strike(core::Instant now, std::size_t index, const Message& message, MessageFate& fate);
  bool Matches(const Fault& fault, State& state, const Message& message);
  // Counts an effect; ends the fault when its count is reached.
  void CountEffect(core::Instant now, std::size_t index);
  void EmitFault(core::Instant now, std::size_t index, bool begins);

  const WorldSpec& scenario_;
  Deriver& deriver_;
  trace::Emitter& emitter_;
  std::vector<State> states_;                     // states_[fault]
  std::vector<std::vector<std::size_t>> on_;      // on_[host]: byzantine faults that target it
  std::vector<std::size_t> on_the_way_;           // faults that act on messages on their way
  std::vector<std::size_t> losses_;               // faults that lose packets
  std::vector<std::unique_ptr<Tamper>> tampers_;  // tampers_[host]; null where nobody lies
};

}  // namespace lockstep::sim
