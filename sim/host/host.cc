// Runs one node: see host.h. What it emits stands in host_events.cc.

#include "sim/host/host.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"

namespace lockstep::sim {
namespace {

bool IsWrite(const core::Listed& listed) {
  return std::holds_alternative<core::effect::Save>(listed.what) ||
         std::holds_alternative<core::effect::SaveSnapshot>(listed.what);
}

// Takes the record away.
Disk::Write WriteOf(core::Listed& listed) {
  if (auto* save = std::get_if<core::effect::Save>(&listed.what))
    return {listed.layer, std::move(save->record), false};
  auto& snapshot = std::get<core::effect::SaveSnapshot>(listed.what).snapshot;
  return {listed.layer, std::move(snapshot), true};
}

}  // namespace

Host::Host(const HostServices& services, core::NodeId self, core::ClusterId cluster,
           std::uint32_t index, const Keys& keys, const core::Random& random)
    : services_(services),
      self_(self),
      cluster_(cluster),
      index_(index),
      keys_(keys),
      random_(random.Fork(absl::StrCat("node/", self.value()))),
      clock_(services.scenario.profile.clocks, random.Fork(absl::StrCat("clock/", self.value()))),
      stages_(services.scenario.profile, random.Fork(absl::StrCat("stages/", self.value()))),
      disk_(services.scenario.profile.disk, random.Fork(absl::StrCat("disk/", self.value()))),
      is_wake_set_(services.scenario.profile.stages.size()),
      credit_(services.network, self, services.scenario.network.send_buffer),
      effects_(&credit_) {
  const std::vector<StageSpec>& stages = services.scenario.profile.stages;
  is_core_shared_ = stages[Profile::kReceiveStage].core == stages[Profile::kProtocolStage].core;
}

void Host::Boot() {
  core::Seat seat;
  seat.self = self_;
  seat.identity = keys_.holder();
  seat.cluster = cluster_;
  seat.index = index_;
  seat.incarnation = incarnation_;
  seat.send_buffer = services_.scenario.network.send_buffer;
  seat.random = random_.Fork(absl::StrCat("incarnation/", incarnation_));
  seat.signer = &keys_;
  seat.verifier = &keys_;
  seat.contents = &core::ContentsOf(services_.scenario.contents);
  node_ = services_.program.Build(seat);
  inputs_.push_back(Input{});
}

void Host::Crash(core::Instant now, CrashState disk) {
  node_.reset();
  ++incarnation_;
  for (std::size_t i = 0; i < arrived_.size(); ++i) ReleaseRing(now, arrived_[i].message);
  for (const auto& [peer, messages] : held_)
    for (const Message& message : messages) ReleaseRing(now, message);
  arrived_.clear();
  inputs_.clear();
  in_stage_ = {};
  steps_ = {};
  timers_.clear();
  held_.clear();
  is_receiving_ = false;
  is_call_for_message_ = false;
  waiting_messages_ = 0;
  paused_until_ = now;
  std::fill(is_wake_set_.begin(), is_wake_set_.end(), false);
  stages_.Clear(now);
  disk_.Crash(now, disk);
  lost_until_ = now;
  credit_.Clear();
}

void Host::SetSpeed(core::Instant, std::uint64_t numerator, std::uint64_t denominator) {
  stages_.SetSpeed(numerator, denominator);
}

void Host::Pause(core::Instant now, core::Instant until) {
  const core::Instant from = std::max(now, paused_until_);
  if (until <= from) return;
  stages_.Pause(now, until - from);
  stood_still_ += until - from;
  paused_until_ = until;
}

void Host::OnArrived(core::Instant now, Message&& message) {
  if (!is_up()) {
    EmitDrop(now, message, trace::DropCause::kHostDown);
    services_.deriver.Destroyed(now, message, trace::DropCause::kHostDown);
    ReleaseRing(now, message);
    return;
  }
  if (!held_.empty()) {
    const auto held = held_.find(message.from);
    if (held != held_.end()) {
      held->second.push_back(std::move(message));
      return;
    }
  }
  // Where nothing is in its way it need not wait for itself.
  const bool is_next = arrived_.empty() && !is_receiving_ && !is_core_shared_ && !is_draining_ &&
                       stages_.FreeAt(Profile::kReceiveStage, now) <= now && HasRoom(now);
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

void Host::ReleaseRing(core::Instant now, const Message& message) {
  if (message.from != self_) services_.network.ReleaseRing(now, message);
}

void Host::RunReceiveStage(core::Instant now) {
  const bool was_draining = std::exchange(is_draining_, true);
  while (MayReceive(now)) Receive(now, arrived_.Take().message);
  is_draining_ = was_draining;
}

void Host::Receive(core::Instant now, Message&& message) {
  ReleaseRing(now, message);
  const core::Instant done =
      stages_.Do(services_.scenario.profile.receive_message, 1, message.payload.byte_count(), now);
  if (done > now) {
    is_receiving_ = true;
    PushTask(done, TaskKind::kReceived, in_stage_.Put(std::move(message)));
    return;
  }
  PassToProtocol(now, std::move(message));
}

bool Host::MayReceive(core::Instant now) {
  if (is_receiving_ || arrived_.empty()) return false;
  if (stages_.FreeAt(Profile::kReceiveStage, now) > now) {
    WakeWhenFree(Profile::kReceiveStage, now);
    return false;
  }
  if (!HasRoom(now)) {
    // Else a call, or a message on its way to the protocol stage, is due that will make room.
    if (stages_.FreeAt(Profile::kProtocolStage, now) > now)
      WakeWhenFree(Profile::kProtocolStage, now);
    return false;
  }
  return !IsCallNext();
}

void Host::PassToProtocol(core::Instant now, Message&& message) {
  ++waiting_messages_;
  const core::Instant at = stages_.HandToProtocol(now);
  if (at > now) {
    PushTask(at, TaskKind::kHandedOver, in_stage_.Put(std::move(message)));
    return;
  }
  Offer(now, Input{Input::Kind::kMessage, std::move(message), {}, {}, {}, {}});
}

bool Host::HasRoom(core::Instant now) {
  const std::uint32_t queue = services_.scenario.profile.stages[Profile::kProtocolStage].queue;
  if (queue == 0) return true;
  const bool is_in_service =
      is_call_for_message_ && stages_.FreeAt(Profile::kProtocolStage, now) > now;
  return waiting_messages_ + (is_in_service ? 1 : 0) < queue;
}

bool Host::IsCallNext() const {
  return is_core_shared_ && !inputs_.empty() && inputs_.front().since < arrived_.front().since;
}

bool Host::IsReceiveNext(core::Instant now) {
  return is_core_shared_ && !is_receiving_ && !arrived_.empty() && !IsCallNext() && HasRoom(now);
}

void Host::Enqueue(core::Instant now, Input&& input) {
  input.since = now;
  inputs_.push_back(std::move(input));
}

void Host::Offer(core::Instant now, Input&& input) {
  const bool is_next = inputs_.empty() && !is_calling_ && !is_core_shared_ && is_up() &&
                       stages_.FreeAt(Profile::kProtocolStage, now) <= now;
  if (is_next) {
    is_calling_ = true;
    is_call_for_message_ = input.kind == Input::Kind::kMessage;
    if (is_call_for_message_) --waiting_messages_;
    Call(now, input);
    is_calling_ = false;
  } else {
    Enqueue(now, std::move(input));
  }
  RunProtocolStage(now);
}

void Host::PushTask(core::Instant at, TaskKind kind, std::uint64_t slot) {
  services_.queue.Push(at, Task{static_cast<std::uint32_t>(kind), self_.value(), slot, incarnation_,
                                static_cast<std::uint64_t>(stood_still_.ps())});
}

bool Host::IsPostponed(core::Instant now, const Task& task) {
  const core::Duration late =
      stood_still_ - core::Duration::Picoseconds(static_cast<std::int64_t>(task.c));
  if (late == core::Duration()) return false;
  const auto kind = static_cast<TaskKind>(task.kind);
  if (kind != TaskKind::kStep) {
    PushTask(now + late, kind, task.a);
    return true;
  }
  // A step may have waited for the disk, which went on; Resume looks at what it waits for now.
  for (Pending& pending : steps_[task.a].pending) pending.ready = pending.ready + late;
  if (now >= paused_until_) return false;
  PushTask(paused_until_, kind, task.a);
  return true;
}

void Host::WakeWhenFree(std::size_t stage, core::Instant now) {
  if (is_wake_set_[stage]) return;
  is_wake_set_[stage] = true;
  services_.queue.Push(std::max(now, stages_.FreeAt(stage, now)),
                       Task{static_cast<std::uint32_t>(TaskKind::kStageFree), self_.value(), stage,
                            incarnation_, 0});
}

void Host::OnTaken(core::Instant now, core::NodeId peer, core::ByteCount size) {
  if (is_up() && credit_.Return(peer, size)) OfferWritable(now, peer);
}

void Host::OfferWritable(core::Instant now, core::NodeId peer) {
  Offer(now, Input{Input::Kind::kWritable, {}, {}, peer, {}, {}});
}

void Host::ReturnLostCredit(core::Instant now, core::NodeId peer, core::ByteCount size) {
  if (!credit_.IsLimited(peer)) return;
  lost_until_ =
      std::max(lost_until_, now) + SerializationTime(size, services_.scenario.profile.nic.rate_bps);
  services_.queue.Push(
      lost_until_, Task{static_cast<std::uint32_t>(TaskKind::kCredit), self_.value(), peer.value(),
                        incarnation_, static_cast<std::uint64_t>(size.value())});
}

void Host::OnTask(core::Instant now, const Task& task) {
  const auto kind = static_cast<TaskKind>(task.kind);
  if (kind == TaskKind::kTimer) {
    const auto timer = timers_.find(task.a);
    if (timer == timers_.end() || timer->second.generation != task.b) return;
    timers_.erase(timer);
    Offer(now, Input{Input::Kind::kTimer, {}, core::TimerId(task.a), {}, {}, {}});
    return;
  }
  if (!is_up() || task.b != incarnation_) return;  // Of an earlier life.
  switch (kind) {
    case TaskKind::kStageFree:
      is_wake_set_[task.a] = false;
      RunReceiveStage(now);
      RunProtocolStage(now);
      return;
    case TaskKind::kReceived:
      if (IsPostponed(now, task)) return;
      is_receiving_ = false;
      PassToProtocol(now, in_stage_.Take(task.a));
      RunReceiveStage(now);
      return;
    case TaskKind::kHandedOver:
      if (IsPostponed(now, task)) return;
      Offer(now, Input{Input::Kind::kMessage, in_stage_.Take(task.a), {}, {}, {}, {}});
      return;
    case TaskKind::kStep:
      if (IsPostponed(now, task)) return;
      // What the step causes on this host waits until the step is performed.
      is_calling_ = true;
      Resume(now, steps_.Take(task.a));
      is_calling_ = false;
      RunProtocolStage(now);
      return;
    case TaskKind::kCredit:
      OnTaken(now, core::NodeId(static_cast<std::uint32_t>(task.a)),
              core::ByteCount(static_cast<std::int64_t>(task.c)));
      return;
    case TaskKind::kTransmit:
      if (IsPostponed(now, task)) return;
      Transmit(now, in_stage_.Take(task.a));
      RunProtocolStage(now);
      return;
    default:
      CHECK(false);
  }
}

void Host::RunProtocolStage(core::Instant now) {
  if (is_calling_) return;  // The caller goes on with what has come meanwhile.
  is_calling_ = true;
  for (int calls = 0; is_up() && !inputs_.empty(); ++calls) {
    if (stages_.FreeAt(Profile::kProtocolStage, now) > now || calls == kCallsAtOnce ||
        IsReceiveNext(now)) {
      WakeWhenFree(Profile::kProtocolStage, now);
      break;
    }
    Input input = inputs_.Take();
    is_call_for_message_ = input.kind == Input::Kind::kMessage;
    if (is_call_for_message_) --waiting_messages_;
    Call(now, input);
  }
  is_calling_ = false;
  // A message that stayed in the ring may find room now, or have waited for the calls on its core.
  const bool is_bounded = services_.scenario.profile.stages[Profile::kProtocolStage].queue > 0;
  if ((is_bounded || is_core_shared_) && !is_draining_) RunReceiveStage(now);
}

void Host::Call(core::Instant now, Input& input) {
  if (input.kind == Input::Kind::kWritable) {
    const std::optional<core::ByteCount> free = credit_.TakeWait(input.peer);
    if (!free) return;
    input.size = *free;
  }
  EmitInput(now, input);
  HandInput(now, input);
  std::vector<core::Listed>& list = effects_.list();
  std::vector<core::effect::Send> silenced;
  if (services_.faults.IsFiltered(self_)) services_.faults.Filter(now, self_, list, silenced);
  for (const core::Listed& listed : list) EmitListed(now, listed);
  for (const core::effect::Send& send : silenced) {
    const Message message = MessageOf(send);
    EmitDrop(now, message, trace::DropCause::kFault);
    ReturnLostCredit(now, send.to, message.credit);
  }
  PerformListed(now, list);
  effects_.Clear();
}

void Host::HandInput(core::Instant now, const Input& input) {
  const core::Now reading = clock_.Read(now);
  ++calls_;
  switch (input.kind) {
    case Input::Kind::kStart: {
      const std::vector<core::Bytes> saved = disk_.Records();
      node_->OnStart(reading, saved, effects_);
      return;
    }
    case Input::Kind::kMessage: {
      const Message& message = input.message;
      ++messages_handled_;
      services_.deriver.Contents(now, message, trace::EventKind::kHanded);
      services_.deriver.Statement(now, message, trace::EventKind::kHeard);
      services_.network.OnRead(now, message);
      node_->OnMessage(reading, message.from, message.payload, effects_);
      return;
    }
    case Input::Kind::kTimer:
      node_->OnTimer(reading, input.timer, effects_);
      return;
    case Input::Kind::kWritable:
      node_->OnWritable(reading, input.peer, effects_);
      return;
  }
}

void Host::PerformListed(core::Instant now, std::vector<core::Listed>& list) {
  // All work is issued at once, each on its stage; `ready` is when all listed so far is finished.
  stages_.BeginCall();
  core::Instant ready = stages_.Do(services_.scenario.profile.call, 1, core::ByteCount(0), now);
  Step step;
  for (core::Listed& listed : list) {
    if (const auto* spend = std::get_if<core::effect::Spend>(&listed.what)) {
      const Price& price = services_.scenario.profile.prices[static_cast<std::size_t>(spend->kind)];
      ready = std::max(ready, stages_.DoListed(price, spend->count, spend->bytes, now));
    } else if (std::holds_alternative<core::effect::Note>(listed.what)) {
      continue;  // Said already.
    } else if (ready <= now && step.pending.empty() && !TakesTime(listed)) {
      PerformEffect(now, listed);
    } else {
      step.pending.push_back({ready, std::move(listed)});
    }
  }
  if (!step.pending.empty()) Resume(now, std::move(step));
}

bool Host::TakesTime(const core::Listed& listed) const {
  return !disk_.is_instant() && IsWrite(listed);
}

void Host::Resume(core::Instant now, Step step) {
  if (step.durable > core::Instant()) disk_.Settle(now);
  while (step.next < step.pending.size()) {
    Pending& pending = step.pending[step.next];
    const core::Instant ready = std::max(pending.ready, step.durable);
    if (ready > now) {
      PushTask(ready, TaskKind::kStep, steps_.Put(std::move(step)));
      return;
    }
    if (TakesTime(pending.listed)) {
      step.durable = WriteGroup(now, step);
    } else {
      PerformEffect(now, pending.listed);
      ++step.next;
    }
  }
}

core::Instant Host::WriteGroup(core::Instant now, Step& step) {
  std::vector<Disk::Write> group;
  for (; step.next < step.pending.size(); ++step.next) {
    Pending& pending = step.pending[step.next];
    if (pending.ready > now || !IsWrite(pending.listed)) break;
    group.push_back(WriteOf(pending.listed));
  }
  return disk_.Begin(now, std::move(group));
}

void Host::PerformEffect(core::Instant now, core::Listed& listed) {
  if (const auto* send = std::get_if<core::effect::Send>(&listed.what)) {
    PerformSend(now, *send);
  } else if (const auto* await = std::get_if<core::effect::AwaitWritable>(&listed.what)) {
    if (credit_.Await(await->peer, await->bytes)) OfferWritable(now, await->peer);
  } else if (const auto* timer = std::get_if<core::effect::SetTimer>(&listed.what)) {
    SetTimer(now, *timer);
  } else if (const auto* cancel = std::get_if<core::effect::CancelTimer>(&listed.what)) {
    timers_.erase(cancel->id.value());
  } else if (const auto* hold = std::get_if<core::effect::Hold>(&listed.what)) {
    held_[hold->peer];
  } else if (const auto* resume = std::get_if<core::effect::Resume>(&listed.what)) {
    const auto held = held_.find(resume->peer);
    if (held == held_.end()) return;
    for (Message& message : held->second) arrived_.push_back({std::move(message), now});
    held_.erase(held);
    RunReceiveStage(now);
  } else if (IsWrite(listed)) {
    disk_.Keep(WriteOf(listed));
  }
}

Message Host::MessageOf(const core::effect::Send& send) const {
  return Message{
      self_, send.to, send.payload, core::ByteCount(static_cast<std::int64_t>(send.credit)), 0, {}};
}

void Host::PerformSend(core::Instant now, const core::effect::Send& send) {
  Message message = MessageOf(send);
  if (send.is_beyond_credit) {
    EmitDrop(now, message, trace::DropCause::kCredit);
    ReturnLostCredit(now, send.to, message.credit);
    return;
  }
  const core::Instant done =
      stages_.Do(services_.scenario.profile.send_message, 1, message.payload.byte_count(), now);
  if (done == now) {
    Transmit(now, std::move(message));
    return;
  }
  PushTask(done, TaskKind::kTransmit, in_stage_.Put(std::move(message)));
}

void Host::Transmit(core::Instant now, Message&& message) {
  services_.deriver.Contents(now, message, trace::EventKind::kOffered);
  const bool is_faulted = services_.faults.Destroys(now, message);
  const bool is_anybody = services_.network.Has(message.to);
  if (is_faulted || !is_anybody || !services_.hosts[message.to.value()]->is_up()) {
    const trace::DropCause cause = is_faulted    ? trace::DropCause::kFault
                                   : !is_anybody ? trace::DropCause::kNoHost
                                                 : trace::DropCause::kHostDown;
    EmitDrop(now, message, cause);
    services_.deriver.Destroyed(now, message, cause);
    ReturnLostCredit(now, message.to, message.credit);
    return;
  }
  if (message.to == self_) {
    OnTaken(now, self_, message.credit);
    OnArrived(now, std::move(message));
    return;
  }
  services_.network.Send(now, std::move(message));
}

void Host::SetTimer(core::Instant now, const core::effect::SetTimer& timer) {
  const std::uint64_t generation = next_generation_++;
  const core::Instant due = std::max(clock_.GlobalAt(timer.clock, timer.at), now);
  timers_[timer.id.value()] = Timer{generation, timer.clock, timer.at, due};
  services_.queue.Push(due, Task{static_cast<std::uint32_t>(TaskKind::kTimer), self_.value(),
                                 timer.id.value(), generation, 0});
}

void Host::OnClockChanged(core::Instant now, core::Clock clock) {
  std::vector<std::uint64_t> moved;
  for (auto& [id, timer] : timers_) {
    if (timer.clock != clock) continue;
    const core::Instant due = std::max(clock_.GlobalAt(clock, timer.at), now);
    if (due == timer.due) continue;  // What the queue holds is right.
    timer.due = due;
    moved.push_back(id);
  }
  std::sort(moved.begin(), moved.end());
  for (const std::uint64_t id : moved) {
    Timer& timer = timers_[id];
    timer.generation = next_generation_++;
    services_.queue.Push(timer.due, Task{static_cast<std::uint32_t>(TaskKind::kTimer),
                                         self_.value(), id, timer.generation, 0});
  }
}

}  // namespace lockstep::sim
