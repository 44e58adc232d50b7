// Faults that wait for an event, and what has happened so far of what they wait for.
//
// Hosts tell what happens as it does; nothing begins then. What is due begins before the next
// effect is performed, or with the next step of the world.

#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "protocols/core/effects.h"
#include "sim/derive.h"
#include "sim/net/message.h"
#include "sim/world_spec.h"

namespace lockstep::sim {

// Whether an effect is one of a class.
bool IsOfClass(const core::Listed& listed, EffectClass of);

class EventWatch {
 public:
  // Both outlive this.
  EventWatch(const WorldSpec& spec, Deriver& deriver);

  // Whether any fault waits for an event.
  bool is_needed() const { return !waiting_.empty(); }
  // A call of a node has listed this; a host has performed it; a node is handed a message.
  void OnListed(core::Instant now, core::NodeId host, const std::vector<core::Listed>& list);
  void OnPerformed(core::Instant now, core::NodeId host, const core::Listed& listed);
  void OnHanded(core::Instant now, core::NodeId host, const Message& message);

  bool has_due() const { return !due_.empty(); }
  // In the order in which their events happened.
  std::vector<std::size_t> TakeDue() { return std::exchange(due_, {}); }

 private:
  struct Waiting {
    std::size_t fault = 0;
    std::uint64_t matched = 0;
    // Messages, by number and sender, that are the nth of their call and not yet performed.
    std::vector<std::pair<core::NodeId, std::uint64_t>> of_calls;
  };

  const EventPattern& PatternOf(const Waiting& waiting) const {
    return *spec_.faults[waiting.fault].activation.on;
  }
  // Whether it waits for what happens there now.
  bool Waits(const Waiting& waiting, core::Instant now, core::NodeId host) const;
  bool Matches(Waiting& waiting, core::NodeId host, const core::Listed& listed);
  void Count(Waiting& waiting);

  const WorldSpec& spec_;
  Deriver& deriver_;
  std::vector<Waiting> waiting_;
  std::vector<std::size_t> due_;
};

}  // namespace lockstep::sim
