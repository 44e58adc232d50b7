// From the card to the node: see pipeline.h.

#include "sim/host/pipeline.h"

#include <algorithm>
#include <utility>

#include "protocols/core/check.h"

namespace lockstep::sim {

Pipeline::Pipeline(const Profile& profile, Stages& stages, HostTasks& tasks,
                   InputListener& listener)
    : profile_(profile),
      stages_(stages),
      tasks_(tasks),
      listener_(listener),
      is_core_shared_(profile.stages[Profile::kReceiveStage].core ==
                      profile.stages[Profile::kProtocolStage].core),
      is_wake_set_(profile.stages.size()) {}

std::uint64_t Pipeline::waiting() const {
  std::uint64_t held = 0;
  for (const auto& [peer, messages] : held_)
    held += messages.received.size() + messages.in_ring.size();
  return arrived_.size() + inputs_.size() + in_stage_.used() + held;
}

std::vector<Message> Pipeline::Crash(core::Instant now) {
  std::vector<Message> lost;
  const auto lose = [&](Message&& message) { lost.push_back(std::move(message)); };
  while (!arrived_.empty()) {
    listener_.OnLeftRing(now, arrived_.front().message);
    lose(arrived_.Take().message);
  }
  for (Message& message : in_stage_.TakeAll()) lose(std::move(message));
  while (!inputs_.empty()) {
    Waiting waiting = inputs_.Take();
    if (waiting.input.kind == Input::Kind::kMessage) lose(std::move(waiting.message));
  }
  for (auto& [peer, messages] : held_) {
    for (Message& message : messages.received) lose(std::move(message));
    for (Message& message : messages.in_ring) {
      listener_.OnLeftRing(now, message);
      lose(std::move(message));
    }
  }
  held_.clear();
  is_receiving_ = false;
  is_call_for_message_ = false;
  waiting_messages_ = 0;
  std::fill(is_wake_set_.begin(), is_wake_set_.end(), false);
  return lost;
}

// --- The receive stage ---

void Pipeline::OnArrived(core::Instant now, Message&& message) {
  if (!held_.empty()) {
    const auto held = held_.find(message.from);
    if (held != held_.end()) {
      held->second.in_ring.push_back(std::move(message));
      return;
    }
  }
  // Where nothing is in its way it need not wait for itself.
  const bool is_next = arrived_.empty() && !is_receiving_ && !is_core_shared_ && !is_draining_ &&
                       IsFree(Profile::kReceiveStage, now) && HasRoom(now);
  if (is_next) {
    is_draining_ = true;
    Receive(now, std::move(message));
    is_draining_ = false;
    if (arrived_.empty()) return;
  } else {
    arrived_.push_back({std::move(message), now});
  }
  RunReceiveStage(now);
}

void Pipeline::RunReceiveStage(core::Instant now) {
  const bool was_draining = std::exchange(is_draining_, true);
  while (MayReceive(now)) Receive(now, arrived_.Take().message);
  is_draining_ = was_draining;
}

bool Pipeline::MayReceive(core::Instant now) {
  if (is_receiving_ || arrived_.empty()) return false;
  if (!IsFree(Profile::kReceiveStage, now)) {
    WakeWhenFree(Profile::kReceiveStage, now);
    return false;
  }
  if (!HasRoom(now)) {
    // Else a call, or a message on its way to the protocol stage, is due that will make room.
    if (!IsFree(Profile::kProtocolStage, now)) WakeWhenFree(Profile::kProtocolStage, now);
    return false;
  }
  return !IsCallNext();
}

void Pipeline::Receive(core::Instant now, Message&& message) {
  listener_.OnLeftRing(now, message);
  const core::Instant done =
      stages_.Do(profile_.receive_message, 1, message.payload.byte_count(), now);
  if (done <= now) return PassToProtocol(now, std::move(message));
  // Unless it shares its core, the stage's end needs no entry of its own: what comes next asks
  // whether it is free.
  if (is_core_shared_) {
    is_receiving_ = true;
    PushInStage(done, TaskKind::kReceived, std::move(message));
    return;
  }
  ++waiting_messages_;
  const core::Instant at = stages_.ArrivalAt(Profile::kProtocolStage, done);
  PushInStage(at, TaskKind::kHandedOver, std::move(message));
}

void Pipeline::PushInStage(core::Instant at, TaskKind kind, Message&& message) {
  const trace::MessageId id = message.id;
  const std::uint32_t slot = in_stage_.Put(std::move(message));
  tasks_.Push(at, kind, slot, id);
}

void Pipeline::PassToProtocol(core::Instant now, Message&& message) {
  ++waiting_messages_;
  const core::Instant at = stages_.ArrivalAt(Profile::kProtocolStage, now);
  if (at > now) {
    return PushInStage(at, TaskKind::kHandedOver, std::move(message));
  }
  OfferMessage(now, std::move(message));
}

bool Pipeline::HasRoom(core::Instant now) {
  const std::uint32_t queue = protocol().queue;
  if (queue == 0) return true;
  const bool is_in_service = is_call_for_message_ && !IsFree(Profile::kProtocolStage, now);
  return waiting_messages_ + (is_in_service ? 1 : 0) < queue;
}

bool Pipeline::IsCallNext() const {
  return is_core_shared_ && !inputs_.empty() && inputs_.front().since < arrived_.front().since;
}

// A timer has expired while its core was receiving this message: what is in work is finished first.
bool Pipeline::IsOvertaken(const Message& message) const {
  return is_core_shared_ && !inputs_.empty() &&
         inputs_.front().input.kind != Input::Kind::kMessage &&
         inputs_.front().since >= message.came;
}

bool Pipeline::IsReceiveNext(core::Instant now) {
  return is_core_shared_ && !is_receiving_ && !arrived_.empty() && !IsCallNext() && HasRoom(now);
}

void Pipeline::WakeWhenFree(std::size_t stage, core::Instant now) {
  if (is_wake_set_[stage]) return;
  is_wake_set_[stage] = true;
  tasks_.Push(std::max(now, stages_.FreeAt(stage, now)), TaskKind::kStageFree, stage);
}

// --- The protocol stage ---

void Pipeline::Enqueue(core::Instant now, const Input& input) {
  inputs_.push_back({input, {}, now});
}

void Pipeline::EnqueueMessage(core::Instant now, Message&& message) {
  Put(inputs_.Add(), now, std::move(message));
}

void Pipeline::Put(Waiting& waiting, core::Instant since, Message&& message) {
  waiting.input = {.kind = Input::Kind::kMessage};
  waiting.message = std::move(message);
  waiting.since = since;
}

void Pipeline::Offer(core::Instant now, const Input& input) {
  if (IsNext(now)) {
    is_calling_ = true;
    Hand(now, input);
    is_calling_ = false;
  } else {
    Enqueue(now, input);
  }
  Run(now);
}

void Pipeline::OfferMessage(core::Instant now, Message&& message) {
  if (IsNext(now)) {
    is_calling_ = true;
    Hand(now, {.kind = Input::Kind::kMessage, .message = &message});
    is_calling_ = false;
  } else if (IsOvertaken(message)) {
    const core::Instant came = message.came;
    Put(inputs_.AddFront(), came, std::move(message));
  } else {
    EnqueueMessage(now, std::move(message));
  }
  Run(now);
}

void Pipeline::Hand(core::Instant now, const Input& input) {
  const bool is_message = input.kind == Input::Kind::kMessage;
  if (is_message) {
    --waiting_messages_;
    if (!held_.empty()) {
      const auto held = held_.find(input.message->from);
      if (held != held_.end()) {
        held->second.received.push_back(std::move(*input.message));
        return;
      }
    }
  } else if (!listener_.StillStands(input)) {
    return;
  }
  is_call_for_message_ = is_message;
  listener_.Call(now, input);
}

void Pipeline::Run(core::Instant now) {
  if (is_calling_) return;  // The caller goes on with what has come meanwhile.
  is_calling_ = true;
  for (int calls = 0; !inputs_.empty(); ++calls) {
    if (!IsFree(Profile::kProtocolStage, now) || calls == kCallsAtOnce || IsReceiveNext(now)) {
      WakeWhenFree(Profile::kProtocolStage, now);
      break;
    }
    Waiting waiting = inputs_.Take();
    waiting.input.message = &waiting.message;
    Hand(now, waiting.input);
  }
  is_calling_ = false;
  // A message that stayed in the ring may find room now, or have waited for the calls on its core.
  if ((protocol().queue > 0 || is_core_shared_) && !is_draining_) RunReceiveStage(now);
}

void Pipeline::Resume(core::Instant now, core::NodeId peer) {
  const auto found = held_.find(peer);
  if (found == held_.end()) return;
  Held held = std::move(found->second);
  held_.erase(found);
  for (Message& message : held.received) {
    ++waiting_messages_;
    EnqueueMessage(now, std::move(message));
  }
  for (Message& message : held.in_ring) arrived_.push_back({std::move(message), now});
  RunReceiveStage(now);
}

void Pipeline::OnTask(core::Instant now, const Task& task) {
  switch (static_cast<TaskKind>(task.kind)) {
    case TaskKind::kStageFree:
      is_wake_set_[task.a] = false;
      RunReceiveStage(now);
      Run(now);
      return;
    case TaskKind::kReceived:
      if (tasks_.Postpone(now, task, in_stage_[task.a].id)) return;
      is_receiving_ = false;
      PassToProtocol(now, in_stage_.Take(task.a));
      RunReceiveStage(now);
      return;
    case TaskKind::kHandedOver:
      if (tasks_.Postpone(now, task, in_stage_[task.a].id)) return;
      OfferMessage(now, in_stage_.Take(task.a));
      return;
    default:
      CHECK(false);
  }
}

}  // namespace lockstep::sim
