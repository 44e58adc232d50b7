// Messages that a fault keeps, and the copies that it makes, before they come to their sender's
// card.
//
// What is kept is no longer its node's, nor its process': a crash of the process changes nothing of
// it, so that messages of an earlier life come up in a later one. A machine that has lost its power
// sends none of it.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "sim/event_queue.h"
#include "sim/fault/message_fate.h"
#include "sim/fault/plan.h"
#include "sim/net/message.h"
#include "sim/slab.h"
#include "sim/task.h"

namespace lockstep::sim {

class Network;

class HeldMessages {
 public:
  // All outlive this.
  HeldMessages(const WorldSpec& scenario, FaultPlan& plan, Network& network, EventQueue& queue)
      : scenario_(scenario), plan_(plan), network_(network), queue_(queue) {}

  // Does to a message, which is not destroyed and goes to another host, what its fate says.
  void Send(core::Instant now, const MessageFate& fate, Message&& message);
  // A task kHeld is due.
  void OnTask(core::Instant now, const Task& task);

 private:
  struct Held {
    Message message;
    // To be told, where a message that was sent later passes it.
    std::optional<std::size_t> reordered_by;
    bool is_passed = false;
  };

  void Hold(core::Instant now, core::Duration later, Message&& message,
            std::optional<std::size_t> reordered_by);
  // It goes on to the network: those of its way that were sent before and are still kept are
  // passed.
  void GoOn(core::Instant now, Message&& message);
  std::vector<std::uint32_t>& WaitingBeside(const Message& message) {
    return waiting_[std::uint64_t{message.from.value()} << 32 | message.to.value()];
  }

  const WorldSpec& scenario_;
  FaultPlan& plan_;
  Network& network_;
  EventQueue& queue_;
  Slab<Held> held_;
  // By sender and receiver, only looked up: kept messages of `reorder` that nobody has passed yet,
  // in the order in which they were sent.
  absl::flat_hash_map<std::uint64_t, std::vector<std::uint32_t>> waiting_;
};

}  // namespace lockstep::sim
