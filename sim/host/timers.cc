// Timers of one host: see timers.h.

#include "sim/host/timers.h"

#include <algorithm>
#include <vector>

#include "sim/task.h"

namespace lockstep::sim {

void Timers::Arm(core::TimerId id, Timer& timer) {
  if (timer.entry != 0 && timer.entry_at <= timer.due) return;
  timer.entry = ++entries_;
  timer.entry_at = timer.due;
  const Turn turn = Turn::AtHost(host_.value(), TurnClass::kTimer, host_.value(), id.value());
  queue_.Push(timer.due, turn,
              Task{static_cast<std::uint32_t>(TaskKind::kTimer), host_.value(), id.value(),
                   timer.entry, 0});
}

void Timers::Set(core::Instant now, core::TimerId id, core::Instant at, core::Clock clock) {
  Timer& timer = timers_[id.value()];
  timer.state = State::kArmed;
  timer.clock = clock;
  timer.setting = ++settings_;
  timer.is_postponed = false;
  timer.at = at;
  timer.due = std::max(clock_.GlobalAt(clock, at), now);
  Arm(id, timer);
}

void Timers::Cancel(core::TimerId id) {
  const auto found = timers_.find(id.value());
  if (found == timers_.end()) return;
  // It remembers its entry, so that setting it again needs no other.
  found->second.state = State::kCancelled;
  if (found->second.entry == 0) timers_.erase(found);
}

std::optional<Timers::Expired> Timers::OnTask(core::Instant now, const Task& task) {
  const auto found = timers_.find(task.a);
  if (found == timers_.end() || found->second.entry != task.b) return std::nullopt;
  Timer& timer = found->second;
  const core::TimerId id(task.a);
  timer.entry = 0;
  if (timer.state == State::kCancelled) {
    timers_.erase(found);
    return std::nullopt;
  }
  if (timer.due > now) {
    Arm(id, timer);
    return std::nullopt;
  }
  timer.state = State::kExpired;
  return Expired{id, timer.setting, timer.is_postponed};
}

void Timers::Postpone(core::Instant due, const Expired& expired) {
  Timer& timer = timers_[expired.id.value()];
  timer.state = State::kArmed;
  timer.is_postponed = true;
  timer.due = due;
  Arm(expired.id, timer);
}

bool Timers::Take(const Expired& expired) {
  const auto found = timers_.find(expired.id.value());
  if (found == timers_.end()) return false;
  if (found->second.state != State::kExpired || found->second.setting != expired.setting) {
    return false;
  }
  timers_.erase(found);
  return true;
}

std::size_t Timers::OnClockChanged(core::Instant now, core::Clock clock, core::Instant end) {
  std::size_t changed = 0;
  std::vector<std::uint64_t> moved;
  for (auto& [id, timer] : timers_) {
    if (timer.state != State::kArmed || timer.clock != clock) continue;
    const core::Instant due = std::max(clock_.GlobalAt(clock, timer.at), now);
    if (due != timer.due && std::min(due, timer.due) < end) ++changed;
    timer.due = due;
    if (timer.entry == 0 || timer.due < timer.entry_at) moved.push_back(id);
  }
  std::sort(moved.begin(), moved.end());
  for (const std::uint64_t id : moved) Arm(core::TimerId(id), timers_[id]);
  return changed;
}

}  // namespace lockstep::sim
