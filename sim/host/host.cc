// Runs one node: see host.h. What it tells stands in host_events.cc.

#include "sim/host/host.h"

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
      notary_(keys_),
      random_(random.Fork(absl::StrCat("node/", self.value()))),
      clock_(services.scenario.profile.clocks, random.Fork(absl::StrCat("clock/", self.value()))),
      tasks_(self, services.queue),
      stages_(services.scenario.profile, random.Fork(absl::StrCat("stages/", self.value()))),
      disk_(services.scenario.profile.disk, random.Fork(absl::StrCat("disk/", self.value()))),
      timers_(self, clock_, services.queue),
      pipeline_(services.scenario.profile, stages_, tasks_, *this),
      performer_(services.scenario.profile, stages_, disk_, tasks_, *this, services_.hook),
      credit_(services.network, self, services.scenario.network.send_buffer),
      effects_(&credit_) {}

void Host::Boot() {
  core::Seat seat;
  seat.self = self_;
  seat.identity = keys_.holder();
  seat.cluster = cluster_;
  seat.index = index_;
  seat.incarnation = incarnation();
  seat.send_buffer = services_.scenario.network.send_buffer;
  seat.random = random_.Fork(absl::StrCat("incarnation/", incarnation()));
  seat.signer = &keys_;
  seat.verifier = &keys_;
  seat.certificates = &notary_;
  seat.contents = &core::ContentsOf(services_.scenario.contents);
  node_ = services_.faults.Build(seat, services_.program);
  pipeline_.Enqueue(core::Instant(), Input{});
}

void Host::Crash(core::Instant now, CrashState disk, bool is_power_lost) {
  node_.reset();
  tasks_.BeginLife();
  for (const Message& message : pipeline_.Crash(now))
    Lose(now, message, trace::DropCause::kHostDown);
  for (const Message& message : performer_.Crash()) Lose(now, message, trace::DropCause::kHostDown);
  timers_.Clear();
  stages_.Clear(now);
  if (tasks_.paused_until() > now) stages_.Pause(now, tasks_.paused_until() - now);
  disk_.Crash(now, disk, is_power_lost);
  lost_until_ = now;
  credit_.Clear();
  asked_.clear();
}

void Host::SetSpeed(core::Instant, std::uint64_t numerator, std::uint64_t denominator) {
  stages_.SetSpeed(numerator, denominator);
}

void Host::Pause(core::Instant now, core::Instant until) {
  const core::Duration longer = tasks_.StandStill(now, until);
  if (longer.ps() == 0) return;
  stages_.Pause(now, longer);
  for (CoreNoise& stalls : told_noise_)
    if (stalls.begins() > now) stalls.Postpone(longer);
  for (std::size_t core = 0; core < stages_.cores(); ++core) EmitStalled(now, core, until - now);
}

void Host::TellStalls() {
  for (std::size_t core = 0; core < stages_.cores(); ++core) {
    told_noise_.push_back(stages_.NoiseOf(core));
    PushStall(core);
  }
}

void Host::PushStall(std::size_t core) {
  const core::Instant begins = told_noise_[core].begins();
  if (begins == core::Instant::Max()) return;
  services_.queue.Push(begins, Turn::AtHost(id(), TurnClass::kRest, id(), core),
                       Task{static_cast<std::uint32_t>(TaskKind::kStall), id(), core, 0, 0});
}

void Host::TellStall(core::Instant now, std::size_t core) {
  CoreNoise& stalls = told_noise_[core];
  // Else a pause has put it off.
  if (stalls.begins() == now) {
    EmitStalled(now, core, stalls.lasts());
    stalls.Pass();
  }
  PushStall(core);
}

void Host::OnArrived(core::Instant now, Message&& message) {
  message.came = now;
  if (is_up()) return pipeline_.OnArrived(now, std::move(message));
  Lose(now, message, trace::DropCause::kHostDown);
  OnLeftRing(now, message);
}

void Host::OnAsked(core::Instant now, core::ClientId client, core::RequestId id,
                   core::Bytes request) {
  if (!is_up()) return;
  asked_.push_back({client, id, std::move(request)});
  Input input;
  input.kind = Input::Kind::kSubmit;
  pipeline_.Offer(now, input);
}

void Host::OnLeftRing(core::Instant now, const Message& message) {
  if (message.from != self_) services_.network.ReleaseRing(now, message);
}

void Host::OnTask(core::Instant now, const Task& task) {
  const auto kind = static_cast<TaskKind>(task.kind);
  if (kind == TaskKind::kTimer) {
    const auto expired = timers_.OnTask(now, task);
    if (!expired) return;
    if (services_.hook != nullptr && !expired->was_postponed) {
      const core::Duration later = services_.hook->BeforeTimer(now, self_, expired->id);
      if (later.ps() > 0) return timers_.Postpone(now + later, *expired);
    }
    Input input;
    input.kind = Input::Kind::kTimer;
    input.timer = *expired;
    pipeline_.Offer(now, input);
    return;
  }
  if (kind == TaskKind::kStall) return TellStall(now, task.a);
  if (!is_up() || !tasks_.IsOfThisLife(task)) return;
  switch (kind) {
    case TaskKind::kStageFree:
    case TaskKind::kReceived:
    case TaskKind::kHandedOver:
      pipeline_.OnTask(now, task);
      return;
    case TaskKind::kStep:
    case TaskKind::kWork:
    case TaskKind::kTransmit: {
      // What this causes on the host itself waits until it is performed.
      {
        const Pipeline::Busy busy(pipeline_);
        performer_.OnTask(now, task);
      }
      pipeline_.Run(now);
      return;
    }
    case TaskKind::kCredit:
      OnTaken(now, core::NodeId(static_cast<std::uint32_t>(task.a)),
              core::ByteCount(static_cast<std::int64_t>(task.c)));
      return;
    default:
      CHECK(false);
  }
}

// --- Inputs ---

bool Host::StillStands(const Input& input) {
  if (input.kind == Input::Kind::kTimer) return timers_.Take(input.timer);
  return input.kind != Input::Kind::kWritable || credit_.TakeWait(input.peer);
}

void Host::Call(core::Instant now, const Input& input) {
  EmitInput(now, input);
  HandInput(now, input);
  NumberMessages();
  std::vector<core::Listed>& list = effects_.list();
  if (services_.faults.IsFiltered(self_)) {
    services_.faults.Filter(now, self_, list, silenced_, messages_sent_);
    for (const core::effect::Send& send : silenced_) {
      const Message message = MessageOf(now, send, 0);
      EmitDrop(now, message, trace::DropCause::kFault);
      ReturnLostCredit(now, send.to, message.credit);
    }
    silenced_.clear();
  }
  if (services_.faults.watch().is_needed()) services_.faults.watch().OnListed(now, self_, list);
  performer_.Take(now, list);
}

void Host::HandInput(core::Instant now, const Input& input) {
  ++calls_;
  if (input.kind == Input::Kind::kMessage) {
    ++messages_handled_;
    services_.deriver.Tell(now, *input.message, trace::Phase::kHanded);
    services_.network.OnRead(now, *input.message);
    if (services_.faults.watch().is_needed())
      services_.faults.watch().OnHanded(now, self_, *input.message);
  }
  const ClocksAt clocks(clock_, now);
  const core::Now reading(clocks);
  CallNode(now, reading, input);
  for (std::size_t i = 0; i < uses_.size(); ++i)
    uses_[i] += reading.Knows(static_cast<core::Clock>(i)) ? 1U : 0U;
  if (services_.emitter.Wants(trace::EventKind::kRead)) EmitReadings(now, reading);
}

std::vector<core::Bytes> Host::ReadDisk(core::Instant now) {
  Hook* const hook = services_.hook;
  if (hook == nullptr) return disk_.Records();
  std::vector<std::size_t> harmed;
  const std::uint64_t missing = hook->BeforeRead(now, self_, disk_.records());
  std::vector<core::Bytes> records = disk_.Records(missing, &harmed);
  for (const std::size_t fault : harmed) hook->OnHarmRead(now, fault);
  return records;
}

void Host::CallNode(core::Instant now, const core::Now& reading, const Input& input) {
  switch (input.kind) {
    case Input::Kind::kStart: {
      const std::vector<core::Bytes> saved = ReadDisk(now);
      node_->OnStart(reading, saved, effects_);
      return;
    }
    case Input::Kind::kMessage:
      node_->OnMessage(reading, input.message->claimed(), input.message->payload, effects_);
      return;
    case Input::Kind::kTimer:
      node_->OnTimer(reading, input.timer.id, effects_);
      return;
    case Input::Kind::kWritable:
      node_->OnWritable(reading, input.peer, effects_);
      return;
    case Input::Kind::kSubmit: {
      const Asked asked = std::move(asked_.front());
      asked_.pop_front();
      // Whoever asks from outside awaits all answers.
      node_->OnSubmit(reading, asked.client, asked.id, core::RequestId(), asked.request, effects_);
      return;
    }
  }
}

void Host::NumberMessages() {
  for (core::Listed& listed : effects_.list())
    if (listed.message == 0 && std::holds_alternative<core::effect::Send>(listed.what))
      listed.message = ++messages_sent_;
}

// --- Effects ---

Message Host::MessageOf(core::Instant since, const core::effect::Send& send,
                        std::uint64_t count) const {
  Message message;
  message.from = self_;
  message.to = send.to;
  message.payload = send.payload;
  message.credit = core::ByteCount(static_cast<std::int64_t>(send.credit));
  message.id = {self_, 0, count};
  message.listed = since;
  const Marks marks = services_.faults.TakeMarks(self_, count);
  message.is_authentic = !marks.is_forged && !marks.is_unproven;
  message.as = marks.as;
  return message;
}

bool Host::OnPerformed(core::Instant now, core::Instant since, core::Listed& listed,
                       Message& message) {
  EmitPerformed(now, listed);
  if (services_.faults.watch().is_needed())
    services_.faults.watch().OnPerformed(now, self_, listed);
  if (const auto* send = std::get_if<core::effect::Send>(&listed.what)) {
    message = MessageOf(since, *send, listed.message);
    return PerformSend(now, message, send->is_beyond_credit);
  }
  if (const auto* timer = std::get_if<core::effect::SetTimer>(&listed.what)) {
    ++uses_[static_cast<std::size_t>(timer->clock)];
    core::Instant at = timer->at;
    if (services_.hook != nullptr)
      at = at - services_.hook->BeforeSetting(now, self_, at - clock_.Read(timer->clock, now));
    timers_.Set(now, timer->id, at, timer->clock);
  } else if (const auto* cancel = std::get_if<core::effect::CancelTimer>(&listed.what)) {
    timers_.Cancel(cancel->id);
  } else if (const auto* hold = std::get_if<core::effect::Hold>(&listed.what)) {
    pipeline_.Hold(hold->peer);
  } else if (const auto* resume = std::get_if<core::effect::Resume>(&listed.what)) {
    pipeline_.Resume(now, resume->peer);
  } else if (const auto* await = std::get_if<core::effect::AwaitWritable>(&listed.what)) {
    if (credit_.Await(await->peer, await->bytes)) OfferWritable(now, await->peer);
  }
  return true;
}

bool Host::PerformSend(core::Instant now, Message& message, bool is_beyond_credit) {
  if (is_beyond_credit) {
    EmitDrop(now, message, trace::DropCause::kCredit);
    ReturnLostCredit(now, message.to, message.credit);
    return false;
  }
  services_.deriver.Tell(now, message, trace::Phase::kSent);
  return true;
}

void Host::OnSendable(core::Instant now, Message&& message) {
  const bool is_struck = services_.faults.strikes_messages();
  const MessageFate fate = is_struck ? services_.faults.FateOf(now, message) : MessageFate();
  if (fate.is_destroyed || !services_.network.Has(message.to)) {
    Lose(now, message, fate.is_destroyed ? trace::DropCause::kFault : trace::DropCause::kNoHost);
    ReturnLostCredit(now, message.to, message.credit);
    return;
  }
  if (message.to == self_) {
    OnTaken(now, self_, message.credit);
    OnArrived(now, std::move(message));
    return;
  }
  if (fate.payload) {
    // What was sent is gone, and something comes that nobody has said.
    services_.deriver.TellDestroyed(now, message, trace::DropCause::kFault);
    message.payload = *fate.payload;
    message.is_authentic = false;
  }
  if (is_struck) return services_.held.Send(now, fate, std::move(message));
  services_.network.Send(now, std::move(message));
}

// Where nothing can strike meanwhile, the card can be handed the message now that it will get then.
bool Host::OnSendableAt(core::Instant now, core::Instant done, Message& message) {
  const bool is_undisturbed = services_.scenario.faults.empty() && services_.hook == nullptr;
  if (!is_undisturbed || message.to == self_ || !services_.network.Has(message.to)) return false;
  return services_.network.SendAhead(now, done, message);
}

// --- Credit ---

void Host::OnTaken(core::Instant now, core::NodeId peer, core::ByteCount size) {
  if (is_up() && credit_.Return(peer, size)) OfferWritable(now, peer);
}

void Host::OfferWritable(core::Instant now, core::NodeId peer) {
  Input input;
  input.kind = Input::Kind::kWritable;
  input.peer = peer;
  pipeline_.Offer(now, input);
}

void Host::ReturnLostCredit(core::Instant now, core::NodeId peer, core::ByteCount size) {
  if (!credit_.IsLimited(peer)) return;
  lost_until_ = Later(std::max(lost_until_, now),
                      SerializationTime(size, services_.scenario.profile.nic.rate_bps));
  services_.queue.Push(lost_until_, Turn::AtHost(id(), TurnClass::kRest, peer.value(), 0),
                       Task{static_cast<std::uint32_t>(TaskKind::kCredit), self_.value(),
                            peer.value(), tasks_.life(), static_cast<std::uint64_t>(size.value())});
}

void Host::Lose(core::Instant now, const Message& message, trace::DropCause cause) {
  EmitDrop(now, message, cause);
  services_.deriver.TellDestroyed(now, message, cause);
}

}  // namespace lockstep::sim
