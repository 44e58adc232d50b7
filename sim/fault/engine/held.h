// Messages that a fault keeps, and the copies that it makes, before they come to their sender's
// card.
//
// What is kept is no longer its node's, nor its process': a crash of the process changes nothing of
// it, so that messages of an earlier life come up in a later one. A machine that has lost its power
// sends none of it.

#pragma once

#include <cstdint>

#include "sim/event_queue.h"
#include "sim/fault/engine/message_fate.h"
#include "sim/fault/engine/plan.h"
#include "sim/net/message.h"
#include "sim/slab.h"
#include "sim/task.h"

namespace lockstep::sim {

class Network;

class HeldMessages {
 public:
  // All outlive this.
  HeldMessages(FaultPlan& plan, Network& network, EventQueue& queue)
      : plan_(plan), network_(network), queue_(queue) {}

  // Does to a message, which is not destroyed and goes to another host, what its fate says.
  void Send(core::Instant now, const MessageFate& fate, Message&& message);
  // A task kHeld is due.
  void OnTask(core::Instant now, const Task& task);

 private:
  void Hold(core::Instant now, core::Duration later, Message&& message);

  FaultPlan& plan_;
  Network& network_;
  EventQueue& queue_;
  Slab<Message> held_;
};

}  // namespace lockstep::sim
