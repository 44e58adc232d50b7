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
      random_(scenario.seed),
      keys_(MakeKeys(scenario, random_)),
      deriver_(program, emitter_),
      faults_(scenario, keys_, deriver_, emitter_, random_),
      network_(scenario, queue_, *this, random_),
      acts_(scenario, faults_, network_, hosts_),
      counted_(keys_.size()) {
  for (trace::Sink* sink : sinks) emitter_.Add(sink);
  const HostServices services{scenario_, program,  queue_, network_, deriver_,
                              faults_,   emitter_, drops_, hosts_};
  for (std::uint32_t c = 0; c < scenario.clusters.size(); ++c) {
    const core::Cluster& cluster = scenario.clusters[c];
    for (std::uint32_t i = 0; i < cluster.size; ++i) {
      const core::NodeId self(cluster.first.value() + i);
      hosts_.push_back(std::make_unique<Host>(services, self, core::ClusterId(c), i,
                                              keys_[self.value()], random_));
    }
  }
  faults_.EmitFaulty(now_);
  ScheduleFaults();
  queue_.Push(now_ + scenario.period, MakeTask(TaskKind::kPeriod, 0));
  // A host that a fault kills at 0 never starts: faults come first.
  queue_.Push(now_, MakeTask(TaskKind::kStartAll, 0));
}

void World::ScheduleFaults() {
  for (std::size_t i = 0; i < scenario_.faults.size(); ++i) {
    const Fault& fault = scenario_.faults[i];
    queue_.Push(fault.at, MakeTask(TaskKind::kFaultBegins, 0, i));
    if (fault.until < scenario_.end) {
      queue_.Push(fault.until, MakeTask(TaskKind::kFaultEnds, 0, i));
    }
  }
}

bool World::Run(core::Instant until, std::uint64_t steps_max) {
  for (std::uint64_t i = 0; i < steps_max; ++i) {
    if (queue_.empty() || queue_.NextTime() > until) {
      now_ = std::max(now_, until);
      return false;
    }
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
    case TaskKind::kStep:
    case TaskKind::kTransmit:
    case TaskKind::kCredit:
      hosts_[task.target]->OnTask(now_, task);
      return;
    case TaskKind::kFaultBegins:
      BeginFault(task.a);
      return;
    case TaskKind::kFaultEnds:
      EndFault(task.a);
      return;
    case TaskKind::kStartAll:
      StartAll();
      return;
    case TaskKind::kRestart:
      Restart(core::NodeId(task.target));
      return;
    case TaskKind::kPeriod:
      EmitMetrics();
      queue_.Push(now_ + scenario_.period, task);
      return;
    default:
      network_.OnTask(now_, task);
  }
}

void World::BeginFault(std::size_t index) {
  const Fault& fault = scenario_.faults[index];
  faults_.Begin(now_, index);
  if (fault.kind == FaultKind::kCrash) {
    CrashHosts(index);
  } else {
    acts_.Begin(now_, index);
  }
  if (fault.is_moment()) faults_.End(now_, index);
}

void World::EndFault(std::size_t index) {
  if (!faults_.is_active(index)) return;
  faults_.End(now_, index);
  acts_.End(now_, index);
}

void World::CrashHosts(std::size_t index) {
  const Fault& fault = scenario_.faults[index];
  for (const core::NodeId target : fault.targets) {
    Host& host = *hosts_[target.value()];
    const bool is_before_start = host.incarnation() == 0 && now_ == core::Instant();
    if (!host.is_up() && !is_before_start) continue;
    EmitLife(target, trace::EventKind::kCrash);
    host.Crash(now_, fault.disk);
    network_.OnCrash(target);
    faults_.Count(index, {1, 1});
    if (fault.restart_after.ps() > 0) {
      queue_.Push(now_ + fault.restart_after, MakeTask(TaskKind::kRestart, target.value()));
    }
  }
}

void World::StartAll() {
  std::vector<Host*> starting;
  for (const auto& host : hosts_) {
    if (host->incarnation() > 0) continue;
    host->Boot();
    starting.push_back(host.get());
  }
  for (Host* host : starting) host->Start(now_);
}

void World::Restart(core::NodeId node) {
  Host& host = *hosts_[node.value()];
  if (host.is_up()) return;
  EmitLife(node, trace::EventKind::kRestart);
  host.Boot();
  host.Start(now_);
}

void World::EmitLife(core::NodeId node, trace::EventKind kind) {
  trace::Event event;
  event.at = now_;
  event.kind = kind;
  event.node = node;
  event.peer = node;
  event.value = hosts_[node.value()]->incarnation();
  emitter_.Emit(event);
}

void World::OnArrived(Message&& message) {
  hosts_[message.to.value()]->OnArrived(now_, std::move(message));
}

void World::OnTaken(core::NodeId from, core::NodeId to, core::ByteCount size) {
  hosts_[from.value()]->OnTaken(now_, to, size);
}

void World::OnDestroyed(const Message& message, trace::DropCause cause) {
  EmitDrop(message.from, message.to, message.payload.byte_count(), cause);
  deriver_.Destroyed(now_, message, cause);
}

void World::OnPacketLost(core::NodeId from, core::NodeId to, core::ByteCount size,
                         trace::DropCause cause) {
  if (cause == trace::DropCause::kReset) acts_.OnForgotten(from, to);
  EmitDrop(from, to, size, cause);
}

void World::EmitDrop(core::NodeId from, core::NodeId to, core::ByteCount size,
                     trace::DropCause cause) {
  drops_.Add(cause, size);
  trace::Event event;
  event.at = now_;
  event.kind = trace::EventKind::kDrop;
  event.node = from;
  event.peer = to;
  event.detail = static_cast<std::uint64_t>(cause);
  event.size = size;
  emitter_.Emit(event);
}

void World::EmitMetrics() {
  for (std::uint32_t i = 0; i < hosts_.size(); ++i) {
    const core::NodeId node(i);
    const Counted total{static_cast<std::uint64_t>(network_.egress(node).value()),
                        static_cast<std::uint64_t>(network_.ingress(node).value()),
                        hosts_[i]->messages_handled()};
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
    counted_[i] = total;
  }
}

void World::Finish(bool is_cut) {
  network_.CheckConservation();
  acts_.CountUnended();
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
