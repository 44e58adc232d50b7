// Runs one node: see host.h. What it emits stands in host_events.cc.

#include "sim/host.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"

namespace lockstep::sim {

Host::Host(const HostServices& services, core::NodeId self, core::ClusterId cluster,
           std::uint32_t index, const Keys& keys, const core::Random& random)
    : services_(services),
      self_(self),
      cluster_(cluster),
      index_(index),
      keys_(keys),
      random_(random.Fork(absl::StrCat("node/", self.value()))),
      clock_(services.scenario.profile.clocks, random.Fork(absl::StrCat("clock/", self.value()))),
      stage_free_(services.scenario.profile.stages.size()),
      is_wake_set_(services.scenario.profile.stages.size()) {
  for (const core::Cluster& c : services.scenario.clusters) {
    credit_.insert(credit_.end(), c.size, services.scenario.network.send_buffer.value());
  }
}

void Host::Boot() {
  core::Seat seat;
  seat.self = self_;
  seat.cluster = cluster_;
  seat.index = index_;
  seat.incarnation = incarnation_;
  seat.send_buffer = services_.scenario.network.send_buffer;
  seat.random = random_.Fork(absl::StrCat("incarnation/", incarnation_));
  seat.signer = &keys_;
  seat.verifier = &keys_;
  node_ = services_.program.Build(seat);
  inputs_.push_back(Input{});
}

void Host::Crash(core::Instant now) {
  node_.reset();
  ++incarnation_;
  arrived_.clear();
  inputs_.clear();
  in_stage_ = {};
  steps_ = {};
  timers_.clear();
  held_.clear();
  is_receiving_ = false;
  std::fill(is_wake_set_.begin(), is_wake_set_.end(), false);
  std::fill(stage_free_.begin(), stage_free_.end(), now);
  lost_until_ = now;
  std::fill(credit_.begin(), credit_.end(), services_.scenario.network.send_buffer.value());
}

void Host::OnArrived(core::Instant now, Message message) {
  if (!is_up()) {
    EmitDrop(now, message, trace::DropCause::kHostDown);
    services_.deriver.Destroyed(now, message, trace::DropCause::kHostDown);
    return;
  }
  const auto held = held_.find(message.from);
  if (held != held_.end()) {
    held->second.push_back(std::move(message));
    return;
  }
  arrived_.push_back(std::move(message));
  RunReceiveStage(now);
}

void Host::RunReceiveStage(core::Instant now) {
  while (!is_receiving_ && !arrived_.empty()) {
    if (stage_free_[Profile::kReceiveStage] > now) {
      WakeWhenFree(Profile::kReceiveStage, now);
      return;
    }
    Message message = std::move(arrived_.front());
    arrived_.pop_front();
    services_.network.ReleaseRing(now, message);
    const core::Instant done =
        Occupy(services_.scenario.profile.receive_message, 1, message.payload.byte_count(), now);
    if (done > now) {
      is_receiving_ = true;
      const std::uint32_t slot = in_stage_.Put(std::move(message));
      services_.queue.Push(done, Task{static_cast<std::uint32_t>(TaskKind::kReceived),
                                      self_.value(), slot, incarnation_, 0});
      return;
    }
    inputs_.push_back(Input{Input::Kind::kMessage, std::move(message), {}, {}, {}});
    RunProtocolStage(now);
  }
}

void Host::WakeWhenFree(std::size_t stage, core::Instant now) {
  if (is_wake_set_[stage]) return;
  is_wake_set_[stage] = true;
  services_.queue.Push(std::max(now, stage_free_[stage]),
                       Task{static_cast<std::uint32_t>(TaskKind::kStageFree), self_.value(), stage,
                            incarnation_, 0});
}

void Host::OnTaken(core::Instant now, core::NodeId peer, core::ByteCount size) {
  if (!is_up()) return;
  ReturnCredit(peer, size);
  RunProtocolStage(now);
}

void Host::ReturnCredit(core::NodeId peer, core::ByteCount size) {
  credit_[peer.value()] += size.value();
  inputs_.push_back(Input{Input::Kind::kWritable, {}, {}, peer, size});
}

void Host::ReturnLostCredit(core::Instant now, core::NodeId peer, core::ByteCount size) {
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
    inputs_.push_back(Input{Input::Kind::kTimer, {}, core::TimerId(task.a), {}, {}});
    RunProtocolStage(now);
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
      is_receiving_ = false;
      inputs_.push_back(Input{Input::Kind::kMessage, in_stage_.Take(task.a), {}, {}, {}});
      RunProtocolStage(now);
      RunReceiveStage(now);
      return;
    case TaskKind::kStep:
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
    if (stage_free_[Profile::kProtocolStage] > now || calls == kCallsAtOnce) {
      WakeWhenFree(Profile::kProtocolStage, now);
      break;
    }
    Input input = std::move(inputs_.front());
    inputs_.pop_front();
    Call(now, std::move(input));
  }
  is_calling_ = false;
}

void Host::Call(core::Instant now, Input input) {
  EmitInput(now, input);
  HandInput(now, input);
  std::vector<core::Listed>& list = effects_.list();
  std::vector<core::effect::Send> silenced;
  services_.faults.Filter(now, self_, list, silenced);
  for (const core::Listed& listed : list) EmitListed(now, listed);
  for (const core::effect::Send& send : silenced) {
    const Message message = MessageOf(send);
    EmitDrop(now, message, trace::DropCause::kFault);
    credit_[send.to.value()] -= message.credit.value();
    ReturnLostCredit(now, send.to, message.credit);
  }
  PerformListed(now, list);
  effects_.Clear();
}

void Host::HandInput(core::Instant now, const Input& input) {
  const core::Now reading = clock_.Read(now);
  switch (input.kind) {
    case Input::Kind::kStart: {
      std::vector<core::Bytes> saved;
      for (const Saved& kept : disk_) saved.push_back(kept.record);
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
      node_->OnWritable(reading, input.peer, input.size, effects_);
      return;
  }
}

core::Instant Host::Occupy(const Price& price, std::uint64_t count, core::ByteCount bytes,
                           core::Instant from) {
  const core::Duration cost =
      price.per_unit * static_cast<std::int64_t>(count) + price.per_byte * bytes.value();
  if (cost.ps() == 0) return from;
  core::Instant& free = stage_free_[price.stage];
  free = std::max(free, from) + cost;
  return free;
}

void Host::PerformListed(core::Instant now, std::vector<core::Listed>& list) {
  // All work is issued at once, each on its stage; `ready` is when all listed so far is finished.
  core::Instant ready = Occupy(services_.scenario.profile.call, 1, core::ByteCount(0), now);
  Step step;
  for (core::Listed& listed : list) {
    if (const auto* spend = std::get_if<core::effect::Spend>(&listed.what)) {
      const Price& price = services_.scenario.profile.prices[static_cast<std::size_t>(spend->kind)];
      ready = std::max(ready, Occupy(price, spend->count, spend->bytes, now));
    } else if (std::holds_alternative<core::effect::Note>(listed.what)) {
      continue;  // Said already.
    } else if (ready <= now) {
      PerformEffect(now, listed);
    } else {
      step.pending.push_back({ready, std::move(listed)});
    }
  }
  if (!step.pending.empty()) Resume(now, std::move(step));
}

void Host::Resume(core::Instant now, Step step) {
  for (; step.next < step.pending.size(); ++step.next) {
    const core::Instant ready = step.pending[step.next].ready;
    if (ready > now) {
      services_.queue.Push(ready, Task{static_cast<std::uint32_t>(TaskKind::kStep), self_.value(),
                                       steps_.Put(std::move(step)), incarnation_, 0});
      return;
    }
    PerformEffect(now, step.pending[step.next].listed);
  }
}

void Host::PerformEffect(core::Instant now, core::Listed& listed) {
  if (const auto* send = std::get_if<core::effect::Send>(&listed.what)) {
    PerformSend(now, *send);
  } else if (const auto* timer = std::get_if<core::effect::SetTimer>(&listed.what)) {
    SetTimer(now, *timer);
  } else if (const auto* cancel = std::get_if<core::effect::CancelTimer>(&listed.what)) {
    timers_.erase(cancel->id.value());
  } else if (const auto* hold = std::get_if<core::effect::Hold>(&listed.what)) {
    held_[hold->peer];
  } else if (const auto* resume = std::get_if<core::effect::Resume>(&listed.what)) {
    const auto held = held_.find(resume->peer);
    if (held == held_.end()) return;
    for (Message& message : held->second) arrived_.push_back(std::move(message));
    held_.erase(held);
    RunReceiveStage(now);
  } else if (auto* save = std::get_if<core::effect::Save>(&listed.what)) {
    disk_.push_back({listed.layer, std::move(save->record)});
  } else if (auto* snapshot = std::get_if<core::effect::SaveSnapshot>(&listed.what)) {
    std::erase_if(disk_, [&](const Saved& kept) { return kept.layer == listed.layer; });
    disk_.push_back({listed.layer, std::move(snapshot->snapshot)});
  }
}

Message Host::MessageOf(const core::effect::Send& send) const {
  return Message{self_, send.to, send.payload,
                 core::ByteCount(static_cast<std::int64_t>(send.credit)), 0};
}

void Host::PerformSend(core::Instant now, const core::effect::Send& send) {
  Message message = MessageOf(send);
  std::int64_t& credit = credit_[send.to.value()];
  if (credit < message.credit.value()) {
    EmitDrop(now, message, trace::DropCause::kCredit);
    credit -= message.credit.value();  // May go below nothing, until it is back.
    ReturnLostCredit(now, send.to, message.credit);
    return;
  }
  credit -= message.credit.value();
  const core::Instant done =
      Occupy(services_.scenario.profile.send_message, 1, message.payload.byte_count(), now);
  if (done == now) {
    Transmit(now, std::move(message));
    return;
  }
  services_.queue.Push(done, Task{static_cast<std::uint32_t>(TaskKind::kTransmit), self_.value(),
                                  in_stage_.Put(std::move(message)), incarnation_, 0});
}

void Host::Transmit(core::Instant now, Message message) {
  services_.deriver.Contents(now, message, trace::EventKind::kOffered);
  const bool is_faulted = services_.faults.Destroys(now, message);
  if (is_faulted || !services_.hosts[message.to.value()]->is_up()) {
    const trace::DropCause cause =
        is_faulted ? trace::DropCause::kFault : trace::DropCause::kHostDown;
    EmitDrop(now, message, cause);
    services_.deriver.Destroyed(now, message, cause);
    ReturnLostCredit(now, message.to, message.credit);
    return;
  }
  if (message.to == self_) {
    ReturnCredit(self_, message.credit);
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
