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
  // Whether a fault destroys this message, above the transport.
  bool Destroys(core::Instant now, const Message& message) {
    return !on_links_.empty() && IsDestroyed(now, message);
  }

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

  bool IsDestroyed(core::Instant now, const Message& message);
  bool Matches(const Fault& fault, State& state, const Message& message);
  // Counts an effect; ends the fault when its count is reached.
  void CountEffect(core::Instant now, std::size_t index);
  void EmitFault(core::Instant now, std::size_t index, bool begins);

  const WorldSpec& scenario_;
  Deriver& deriver_;
  trace::Emitter& emitter_;
  std::vector<State> states_;                     // states_[fault]
  std::vector<std::vector<std::size_t>> on_;      // on_[host]: byzantine faults that target it
  std::vector<std::size_t> on_links_;             // faults that destroy messages
  std::vector<std::unique_ptr<Tamper>> tampers_;  // tampers_[host]; null where nobody lies
};

}  // namespace lockstep::sim
