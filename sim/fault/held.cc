// Messages that a fault keeps: see held.h.

#include "sim/fault/held.h"

#include <algorithm>
#include <utility>

#include "sim/fault/duplicate.h"
#include "sim/net/network.h"

namespace lockstep::sim {

void HeldMessages::Send(core::Instant now, const MessageFate& fate, Message&& message) {
  core::Duration later = fate.later;
  if (fate.breached_by) {
    const core::Duration way = network_.LeastDelay(message.from, message.to);
    const core::Duration wait = fate.not_before - (now + way);
    if (wait > later) {
      later = wait;
      plan_.CountChanged(now, *fate.breached_by);
    }
  }
  if (fate.duplicated_by) {
    const Copies& copies = scenario_.faults[*fate.duplicated_by].copies;
    for (std::uint32_t i = 0; i < copies.count; ++i) {
      Message copy = message;
      copy.credit = core::ByteCount();
      copy.id.copy = CopyNumber(*fate.duplicated_by, scenario_.faults.size(), i);
      Hold(now, later + copies.spacing * (std::int64_t{i} + 1), std::move(copy), std::nullopt);
    }
  }
  if (later.ps() > 0) {
    Hold(now, later, std::move(message), fate.reordered_by);
  } else {
    GoOn(now, std::move(message));
  }
}

void HeldMessages::Hold(core::Instant now, core::Duration later, Message&& message,
                        std::optional<std::size_t> reordered_by) {
  const Turn turn =
      Turn::AtHost(message.from.value(), TurnClass::kRest, message.to.value(), message.id.count);
  const std::uint32_t slot = held_.Put({std::move(message), reordered_by, false});
  if (reordered_by) WaitingBeside(held_[slot].message).push_back(slot);
  queue_.Push(now + later, turn, Task{static_cast<std::uint32_t>(TaskKind::kHeld), 0, slot, 0, 0});
}

void HeldMessages::OnTask(core::Instant now, const Task& task) {
  Held held = held_.Take(task.a);
  if (held.reordered_by && !held.is_passed) {
    std::vector<std::uint32_t>& waiting = WaitingBeside(held.message);
    waiting.erase(std::find(waiting.begin(), waiting.end(), static_cast<std::uint32_t>(task.a)));
  }
  GoOn(now, std::move(held.message));
}

void HeldMessages::GoOn(core::Instant now, Message&& message) {
  // A copy passes nobody: the message that it is of was sent before.
  if (!waiting_.empty() && message.id.copy == 0) {
    std::vector<std::uint32_t>& waiting = WaitingBeside(message);
    std::erase_if(waiting, [&](std::uint32_t slot) {
      Held& held = held_[slot];
      if (held.message.id.count > message.id.count) return false;
      held.is_passed = true;
      plan_.CountChanged(now, *held.reordered_by);
      return true;
    });
  }
  network_.Send(now, std::move(message));
}

}  // namespace lockstep::sim
