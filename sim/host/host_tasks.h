// The queue entries of one host, stamped with its life and with how long it has stood still.
//
// What was pushed in an earlier life means nothing. What was pushed before the cores stood still is
// due so much later: it is pushed again when it comes.

#pragma once

#include <algorithm>
#include <cstdint>

#include "protocols/core/ids.h"
#include "protocols/core/time.h"
#include "sim/event_queue.h"
#include "sim/task.h"
#include "sim/trace/message_id.h"
#include "sim/turn.h"

namespace lockstep::sim {

class HostTasks {
 public:
  // `queue` outlives this.
  HostTasks(core::NodeId host, EventQueue& queue) : host_(host), queue_(queue) {}

  void Push(core::Instant at, TaskKind kind, std::uint64_t a) {
    Push(at, Turn::AtHost(host_.value(), TurnClass::kRest, host_.value(), 0), kind, a);
  }
  // A task that is about this message.
  void Push(core::Instant at, TaskKind kind, std::uint64_t a, const trace::MessageId& message) {
    const std::uint32_t sender = message.sender.value();
    Push(at, Turn::AtHost(host_.value(), TurnClass::kMessage, sender, message.count), kind, a);
  }
  bool IsOfThisLife(const Task& task) const { return task.b == life_; }
  // How long the cores have stood still since the task was pushed.
  core::Duration Late(const Task& task) const {
    return stood_still_ - core::Duration::Picoseconds(static_cast<std::int64_t>(task.c));
  }
  // Whether it is due later; it is pushed again then, for this message if it is about one.
  bool Postpone(core::Instant now, const Task& task, const trace::MessageId& message = {}) {
    const core::Duration late = Late(task);
    if (late.ps() == 0) return false;
    const auto kind = static_cast<TaskKind>(task.kind);
    if (message.is_none()) {
      Push(now + late, kind, task.a);
    } else {
      Push(now + late, kind, task.a, message);
    }
    return true;
  }

  // The cores stand still until then; how much longer than they did anyway.
  core::Duration StandStill(core::Instant now, core::Instant until) {
    const core::Instant from = std::max(now, paused_until_);
    if (until <= from) return core::Duration();
    stood_still_ += until - from;
    paused_until_ = until;
    return until - from;
  }
  core::Duration stood_still() const { return stood_still_; }
  core::Instant paused_until() const { return paused_until_; }
  // The machine is off: it stands still no more.
  void EndPause(core::Instant now) { paused_until_ = std::min(paused_until_, now); }
  // All that was pushed is void.
  void BeginLife() { ++life_; }
  std::uint64_t life() const { return life_; }
  core::NodeId host() const { return host_; }

 private:
  void Push(core::Instant at, Turn turn, TaskKind kind, std::uint64_t a) {
    queue_.Push(at, turn,
                Task{static_cast<std::uint32_t>(kind), host_.value(), a, life_,
                     static_cast<std::uint64_t>(stood_still_.ps())});
  }

  core::NodeId host_;
  EventQueue& queue_;
  std::uint64_t life_ = 0;
  core::Duration stood_still_;
  core::Instant paused_until_;
};

}  // namespace lockstep::sim
