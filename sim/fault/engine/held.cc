// Messages that a fault keeps: see held.h.

#include "sim/fault/engine/held.h"

#include <utility>

#include "sim/net/network.h"

namespace lockstep::sim {
namespace {

// The number of the `nth` copy (from 0) by this fault of so many, for its MessageId; never 0.
std::uint32_t CopyNumber(std::size_t fault, std::size_t faults, std::uint32_t nth) {
  return static_cast<std::uint32_t>(1 + fault + faults * nth);
}
std::size_t FaultOfCopy(std::uint32_t copy, std::size_t faults) { return (copy - 1) % faults; }

}  // namespace

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
  for (const MessageFate::Copies& copies : fate.copies) {
    for (std::uint32_t i = 0; i < copies.count; ++i) {
      Message copy = message;
      copy.credit = core::ByteCount();
      copy.id.copy = CopyNumber(copies.fault, plan_.faults().size(), i);
      Hold(now, later + copies.spacing * (std::int64_t{i} + 1), std::move(copy));
    }
  }
  if (later.ps() > 0) {
    Hold(now, later, std::move(message));
  } else {
    network_.Send(now, std::move(message));
  }
}

void HeldMessages::Hold(core::Instant now, core::Duration later, Message&& message) {
  const Turn turn =
      Turn::AtHost(message.from.value(), TurnClass::kRest, message.to.value(), message.id.count);
  const std::uint32_t slot = held_.Put(std::move(message));
  queue_.Push(now + later, turn, Task{static_cast<std::uint32_t>(TaskKind::kHeld), 0, slot, 0, 0});
}

void HeldMessages::OnTask(core::Instant now, const Task& task) {
  Message message = held_.Take(task.a);
  if (message.id.copy != 0)
    plan_.CountChanged(now, FaultOfCopy(message.id.copy, plan_.faults().size()));
  network_.Send(now, std::move(message));
}

}  // namespace lockstep::sim
