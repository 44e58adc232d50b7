// Events that faults wait for: see event_watch.h.

#include "sim/fault/engine/event_watch.h"

#include <algorithm>
#include <variant>

namespace lockstep::sim {

bool IsOfClass(const core::Listed& listed, EffectClass of) {
  switch (of) {
    case EffectClass::kAny:
      return true;
    case EffectClass::kSend:
      return std::holds_alternative<core::effect::Send>(listed.what);
    case EffectClass::kSave:
      return std::holds_alternative<core::effect::Save>(listed.what) ||
             std::holds_alternative<core::effect::SaveSnapshot>(listed.what);
    case EffectClass::kNote:
      return std::holds_alternative<core::effect::Note>(listed.what);
  }
  return false;
}

EventWatch::EventWatch(const WorldSpec& spec, Deriver& deriver) : spec_(spec), deriver_(deriver) {
  for (std::size_t i = 0; i < spec.faults.size(); ++i)
    if (spec.faults[i].activation.on) waiting_.push_back({i, 0, {}});
}

bool EventWatch::Waits(const Waiting& waiting, core::Instant now, core::NodeId host) const {
  const Fault& fault = spec_.faults[waiting.fault];
  const std::vector<core::NodeId>& hosts = PatternOf(waiting).hosts;
  if (now < fault.at || now >= fault.until) return false;
  return hosts.empty() || std::find(hosts.begin(), hosts.end(), host) != hosts.end();
}

void EventWatch::OnListed(core::Instant now, core::NodeId host,
                          const std::vector<core::Listed>& list) {
  for (Waiting& waiting : waiting_) {
    const EventPattern& on = PatternOf(waiting);
    if (!on.nth_of_call || !Waits(waiting, now, host)) continue;
    std::uint64_t sends = 0;
    for (const core::Listed& listed : list)
      if (listed.message != 0 && sends++ == *on.nth_of_call)
        waiting.of_calls.emplace_back(host, listed.message);
  }
}

bool EventWatch::Matches(Waiting& waiting, core::NodeId host, const core::Listed& listed) {
  const EventPattern& on = PatternOf(waiting);
  if (!on.note.empty()) {
    const auto* note = std::get_if<core::effect::Note>(&listed.what);
    if (note == nullptr || core::NoteKind(on.note) != note->kind) return false;
    if (!on.value) return true;
    const core::Run& run = note->values;
    return run.count > 0 && *on.value >= run.first && *on.value <= run.Last() &&
           (*on.value - run.first) % run.stride == 0;
  }
  if (!on.effect || !IsOfClass(listed, *on.effect)) return false;
  if (!on.nth_of_call) return true;
  const auto found =
      std::find(waiting.of_calls.begin(), waiting.of_calls.end(), std::pair(host, listed.message));
  if (found == waiting.of_calls.end()) return false;
  waiting.of_calls.erase(found);
  return true;
}

void EventWatch::OnPerformed(core::Instant now, core::NodeId host, const core::Listed& listed) {
  for (Waiting& waiting : waiting_)
    if (Waits(waiting, now, host) && Matches(waiting, host, listed)) Count(waiting);
}

void EventWatch::OnHanded(core::Instant now, core::NodeId host, const Message& message) {
  for (Waiting& waiting : waiting_) {
    const EventPattern& on = PatternOf(waiting);
    if (on.handed.empty() || !Waits(waiting, now, host)) continue;
    const Decoded& decoded = deriver_.Decode(message.from, message.payload);
    if (decoded.type() != nullptr && decoded.type()->name == on.handed) Count(waiting);
  }
}

void EventWatch::Count(Waiting& waiting) {
  if (waiting.matched++ == PatternOf(waiting).nth) due_.push_back(waiting.fault);
}

}  // namespace lockstep::sim
