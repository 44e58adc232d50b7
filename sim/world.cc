// One run: see world.h.

#include "sim/world.h"

#include <algorithm>
#include <utility>

#include "protocols/core/check.h"

namespace lockstep::sim {
namespace {

Task MakeTask(TaskKind kind, std::uint32_t target, std::uint64_t a = 0) {
  return Task{static_cast<std::uint32_t>(kind), target, a, 0, 0};
}

FaultStep StepOf(const Fault& fault) {
  return fault.kind->is_crash ? FaultStep::kCrash : FaultStep::kBegin;
}

// The network asks who listens while it is made.
trace::Emitter MakeEmitter(const std::vector<trace::Sink*>& sinks, const WorldSpec& scenario,
                           SpareHosts& spare) {
  trace::Emitter emitter;
  const bool is_asked =
      std::any_of(scenario.faults.begin(), scenario.faults.end(),
                  [](const Fault& fault) { return fault.body->is_within_budget(); });
  if (is_asked) emitter.Add(&spare);
  for (trace::Sink* sink : sinks) emitter.Add(sink);
  return emitter;
}

std::vector<Keys> MakeKeys(const WorldSpec& scenario, const core::Random& random) {
  core::Random stream = random.Fork("keys");
  const std::uint64_t secret = stream.Next();
  std::vector<Keys> keys;
  for (const core::Cluster& cluster : scenario.clusters) {
    for (std::uint32_t i = 0; i < cluster.size; ++i) {
      keys.emplace_back(secret, cluster.Speaker(i));
    }
  }
  return keys;
}

}  // namespace

World::World(const WorldSpec& scenario, const core::Program& program,
             const std::vector<trace::Sink*>& sinks)
    : scenario_(scenario),
      spare_(scenario.clusters),
      emitter_(MakeEmitter(sinks, scenario, spare_)),
      queue_(scenario.ties),
      random_(scenario.seed),
      keys_(MakeKeys(scenario, random_)),
      deriver_(program, emitter_),
      faults_(scenario, deriver_, emitter_, random_),
      network_(scenario, queue_, *this, random_),
      held_(faults_, network_, queue_),
      moods_(hosts_, network_),
      counted_(keys_.size()) {
  if (faults_.is_hook()) SetHook(&faults_);
  const HostServices services{scenario_, program,  queue_, network_, deriver_, faults_,
                              held_,     emitter_, drops_, hosts_,   hook_};
  for (std::uint32_t c = 0; c < scenario.clusters.size(); ++c) {
    const core::Cluster& cluster = scenario.clusters[c];
    for (std::uint32_t i = 0; i < cluster.size; ++i) {
      const core::NodeId self(cluster.first.value() + i);
      hosts_.push_back(std::make_unique<Host>(services, self, core::ClusterId(c), i,
                                              keys_[self.value()], random_));
    }
  }
  if (emitter_.Wants(trace::EventKind::kStalled))
    for (const auto& host : hosts_) host->TellStalls();
  faults_.MakeActors(
      {scenario_, faults_, keys_, deriver_, emitter_, network_, hosts_, moods_, *this});
  faults_.EmitFaulty(now_);
  ScheduleFaults();
  queue_.Push(now_ + scenario.period, Turn::AfterHosts(), MakeTask(TaskKind::kPeriod, 0));
  // A host that a fault kills at 0 never starts: faults come first.
  queue_.Push(now_, Turn::BeforeHosts(TurnClass::kRestart), MakeTask(TaskKind::kStartAll, 0));
}

void World::ScheduleFaults() {
  for (std::size_t i = 0; i < scenario_.faults.size(); ++i) {
    const Fault& fault = scenario_.faults[i];
    if (!fault.activation.on) Schedule({fault.at, StepOf(fault), i});
    if (fault.until < scenario_.end) Schedule({fault.until, FaultStep::kEnd, i});
  }
}

void World::Schedule(const FaultAgenda::Item& item) {
  if (!agenda_.Add(item)) return;
  queue_.Push(item.at, Turn::BeforeHosts(TurnClass::kFault), MakeTask(TaskKind::kFaults, 0));
}

void World::OnFaults() {
  while (agenda_.IsDue(now_)) {
    const FaultAgenda::Item item = agenda_.Take();
    switch (item.step) {
      case FaultStep::kEnd:
        faults_.EndIfOver(now_, item.index);
        break;
      case FaultStep::kRestart:
        Restart(core::NodeId(static_cast<std::uint32_t>(item.index)));
        break;
      case FaultStep::kCrash:
      case FaultStep::kBegin:
        BeginFault(item.index);
        break;
      case FaultStep::kTick:
        faults_.Tick(now_, item.index);
        break;
    }
  }
}

bool World::Run(core::Instant until, std::uint64_t steps_max) {
  for (std::uint64_t i = 0; i < steps_max; ++i) {
    if (!starting_.empty()) {
      StartNext();
      continue;
    }
    if (queue_.empty() || queue_.NextTime() > until) {
      now_ = std::max(now_, until);
      return false;
    }
    if (faults_.watch().has_due()) BeginDue();
    const Due due = queue_.Pop();
    now_ = due.at;
    ++steps_;
    OnTask(due.task);
  }
  return true;
}

void World::OnTask(const Task& task) {
  switch (static_cast<TaskKind>(task.kind)) {
    case TaskKind::kStageFree:
    case TaskKind::kReceived:
    case TaskKind::kHandedOver:
    case TaskKind::kTimer:
    case TaskKind::kStall:
    case TaskKind::kStep:
    case TaskKind::kWork:
    case TaskKind::kTransmit:
    case TaskKind::kCredit:
      hosts_[task.target]->OnTask(now_, task);
      return;
    case TaskKind::kFaults:
      OnFaults();
      return;
    case TaskKind::kHeld:
      held_.OnTask(now_, task);
      return;
    case TaskKind::kStartAll:
      StartAll();
      return;
    case TaskKind::kPeriod:
      EmitMetrics();
      if (scenario_.period <= core::Instant::Max() - now_)
        queue_.Push(now_ + scenario_.period, Turn::AfterHosts(), task);
      return;
    default:
      network_.OnTask(now_, task);
  }
}

void World::BeginFault(std::size_t index) {
  const Fault& fault = scenario_.faults[index];
  faults_.Begin(now_, index);
  const core::Instant end = faults_.EndOf(index);
  if (end < fault.until && end < scenario_.end) Schedule({end, FaultStep::kEnd, index});
  const core::Instant next = faults_.NextBeginning(now_, index);
  if (next < scenario_.end) Schedule({next, StepOf(fault), index});
}

void World::BeginDue() {
  for (const std::size_t index : faults_.watch().TakeDue()) BeginFault(index);
}

bool World::CrashHost(core::NodeId target, const CrashOrder& order) {
  if (order.is_within_budget && !spare_.CanSpare(target)) return false;
  if (!Crash(target, order.disk, order.is_of_machine)) return false;
  const bool is_in_time = order.restart_after <= core::Instant::Max() - now_;
  if (order.restart_after.ps() > 0 && is_in_time)
    Schedule({now_ + order.restart_after, FaultStep::kRestart, target.value()});
  return true;
}

bool World::Crash(core::NodeId target, CrashState disk, bool is_of_machine) {
  // Else a host may have handed over what it was to send later.
  CHECK(hook_ != nullptr || !scenario_.faults.empty());
  Host& host = *hosts_[target.value()];
  const bool is_before_start = host.incarnation() == 0 && now_ == core::Instant();
  if (!host.is_up() && !is_before_start) return false;
  faults_.OnCrash(now_, target);
  EmitLife(target, trace::EventKind::kCrash, host.undone());
  if (is_of_machine) moods_.OnMachineDown(now_, target);
  host.Crash(now_, disk, is_of_machine);
  if (is_of_machine) {
    network_.OnMachineDown(now_, target);
  } else {
    network_.OnProcessDown(now_, target);
  }
  return true;
}

void World::StartAll() {
  for (const auto& host : hosts_)
    if (host->incarnation() == 0) starting_.push_back(host.get());
}

void World::StartNext() {
  Host& host = *starting_[next_start_ % starting_.size()];
  const bool is_booting = next_start_ < starting_.size();
  if (is_booting)
    host.Boot();
  else
    host.Start(now_);
  if (++next_start_ == 2 * starting_.size()) starting_.clear();
}

void World::Restart(core::NodeId node) {
  Host& host = *hosts_[node.value()];
  if (host.is_up()) return;
  EmitLife(node, trace::EventKind::kRestart);
  network_.OnUp(now_, node);
  host.Boot();
  host.Start(now_);
}

void World::EmitLife(core::NodeId node, trace::EventKind kind, std::uint64_t undone) {
  trace::Event event;
  event.at = now_;
  event.kind = kind;
  event.node = node;
  event.peer = node;
  event.value = hosts_[node.value()]->incarnation();
  event.detail = undone;
  emitter_.Emit(event);
}

void World::OnArrived(Message&& message) {
  deriver_.Tell(now_, message, trace::Phase::kArrived);
  hosts_[message.to.value()]->OnArrived(now_, std::move(message));
}

void World::OnTaken(core::NodeId from, core::NodeId to, core::ByteCount size) {
  hosts_[from.value()]->OnTaken(now_, to, size);
}

void World::OnDestroyed(const Message& message, trace::DropCause cause, Place place) {
  faults_.OnLost(now_, {message.from, message.to, cause, place, /*is_packet=*/false});
  trace::Event drop = DropOf(message.from, message.to, message.payload.byte_count(), cause, place);
  drop.message = message.id;
  emitter_.Emit(drop);
  deriver_.TellDestroyed(now_, message, cause);
}

void World::OnPacketLost(core::NodeId from, core::NodeId to, core::ByteCount size,
                         trace::DropCause cause, Place place) {
  faults_.OnLost(now_, {from, to, cause, place, /*is_packet=*/true});
  trace::Event drop = DropOf(from, to, size, cause, place);
  emitter_.Emit(drop);
}

void World::OnWire(const Message& message) {
  EmitOfMessage(trace::EventKind::kOnWire, message, message.from, message.to);
}

void World::OnAtCard(const Message& message) {
  EmitOfMessage(trace::EventKind::kArrived, message, message.to, message.from);
}

void World::EmitOfMessage(trace::EventKind kind, const Message& message, core::NodeId node,
                          core::NodeId peer) {
  trace::Event event;
  event.at = now_;
  event.kind = kind;
  event.node = node;
  event.peer = peer;
  event.message = message.id;
  event.size = message.payload.byte_count();
  emitter_.Emit(event);
}

trace::Event World::DropOf(core::NodeId from, core::NodeId to, core::ByteCount size,
                           trace::DropCause cause, Place place) {
  drops_.Add(cause, size);
  trace::Event event;
  event.at = now_;
  event.kind = trace::EventKind::kDrop;
  event.node = from;
  event.peer = to;
  event.detail = static_cast<std::uint64_t>(cause);
  // Vertices are numbered first, then edges.
  const std::uint64_t before = place.kind == Place::Kind::kEdge ? network_.vertices() : 0;
  event.further = 1 + before + place.index;
  event.size = size;
  return event;
}

void World::EmitMetrics() {
  const std::size_t core = scenario_.profile.stages[Profile::kProtocolStage].core;
  for (std::uint32_t i = 0; i < hosts_.size(); ++i) {
    const core::NodeId node(i);
    const Counted total{static_cast<std::uint64_t>(network_.egress(now_, node).value()),
                        static_cast<std::uint64_t>(network_.ingress(now_, node).value()),
                        hosts_[i]->messages_handled(),
                        static_cast<std::uint64_t>(hosts_[i]->busy(core).ps())};
    const auto emit = [&](trace::Metric metric, std::uint64_t amount) {
      trace::Event event;
      event.at = now_;
      event.kind = trace::EventKind::kMetric;
      event.node = node;
      event.peer = node;
      event.value = static_cast<std::uint64_t>(metric);
      event.detail = amount;
      emitter_.Emit(event);
    };
    emit(trace::Metric::kEgressBytes, total.egress - counted_[i].egress);
    emit(trace::Metric::kIngressBytes, total.ingress - counted_[i].ingress);
    emit(trace::Metric::kMessagesHandled, total.handled - counted_[i].handled);
    emit(trace::Metric::kProtocolBusy, total.busy_ps - counted_[i].busy_ps);
    counted_[i] = total;
  }
}

void World::Finish(bool is_cut) {
  network_.CheckConservation();
  faults_.OnRunEnds(now_);
  faults_.EmitReceipts(now_);
  drops_.Emit(now_, emitter_);
  trace::Event event;
  event.at = now_;
  event.kind = trace::EventKind::kEnd;
  event.value = is_cut ? 1 : 0;
  emitter_.Emit(event);
  emitter_.Finish();
}

}  // namespace lockstep::sim
