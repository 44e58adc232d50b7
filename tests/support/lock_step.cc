// A world of steps: see lock_step.h.

#include "tests/support/lock_step.h"

#include <span>
#include <variant>

#include "protocols/core/check.h"

namespace lockstep::tests {

core::Now LockStep::now() const {
  const core::Instant at = core::Instant() + unit_ * static_cast<std::int64_t>(number_);
  return core::Now(at, at, at);
}

LockStep::Step LockStep::Start() {
  Step step;
  for (auto& [id, host] : nodes_) {
    core::Effects effects;
    host.node->OnStart(now(), {}, effects);
    Perform(id, effects, step);
  }
  on_the_way_ = step.sent;
  return step;
}

LockStep::Step LockStep::Next(const Call& grow) {
  ++number_;
  Step step;
  for (const Message& message : on_the_way_) {
    const auto host = nodes_.find(message.to);
    if (host == nodes_.end() || message.is_lost) continue;
    step.heard.push_back(message);
    core::Effects effects;
    host->second.node->OnMessage(now(), message.from, message.payload, effects);
    Perform(message.to, effects, step);
  }
  for (auto& [id, host] : nodes_) {
    core::Effects effects;
    grow(now(), id, effects);
    Perform(id, effects, step);
  }
  for (auto& [id, host] : nodes_) FireTimers(id, step);
  on_the_way_ = step.sent;
  return step;
}

void LockStep::FireTimers(core::NodeId id, Step& step) {
  Host& host = nodes_[id];
  std::vector<core::TimerId> due;
  for (const auto& [timer, at] : host.timers) {
    if (at <= now().monotonic()) due.push_back(timer);
  }
  for (const core::TimerId timer : due) {
    host.timers.erase(timer);
    core::Effects effects;
    host.node->OnTimer(now(), timer, effects);
    Perform(id, effects, step);
  }
}

void LockStep::Perform(core::NodeId id, const core::Effects& effects, Step& step) {
  Host& host = nodes_[id];
  for (const core::Listed& listed : effects.list()) {
    if (const auto* send = std::get_if<core::effect::Send>(&listed.what)) {
      step.sent.push_back({id, send->to, send->payload});
      wire_(step.sent.back());
    } else if (const auto* set = std::get_if<core::effect::SetTimer>(&listed.what)) {
      host.timers[set->id] = set->at;
    } else if (const auto* cancel = std::get_if<core::effect::CancelTimer>(&listed.what)) {
      host.timers.erase(cancel->id);
    } else if (const auto* note = std::get_if<core::effect::Note>(&listed.what)) {
      step.notes.emplace_back(id, *note);
    } else {
      // Work is free here; nothing else is asked for in the examples.
      CHECK(std::holds_alternative<core::effect::Spend>(listed.what));
    }
  }
}

}  // namespace lockstep::tests
