// Faults in force: see plan.h.

#include "sim/fault/engine/plan.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

#include "sim/fault/engine/selectors.h"
#include "sim/host/host.h"
#include "sim/net/network.h"

namespace lockstep::sim {

FaultPlan::FaultPlan(const WorldSpec& spec, Deriver& deriver, trace::Emitter& emitter,
                     const core::Random& random)
    : spec_(spec), deriver_(deriver), emitter_(emitter), random_(random), watch_(spec, deriver) {
  std::size_t hosts = 0;
  for (const core::Cluster& cluster : spec.clusters) hosts += cluster.size;
  on_.resize(hosts);
  states_.resize(faults().size());
  const std::pair<std::uint32_t, std::vector<std::size_t>*> lists[] = {
      {Points::kMessages, &of_messages_}, {Points::kPackets, &of_packets_},
      {Points::kEffects, &of_effects_},   {Points::kTimers, &of_timers_},
      {Points::kWrites, &of_writes_},     {Points::kCrashes, &of_crashes_},
      {Points::kLost, &of_losses_},       {Points::kSettings, &of_settings_},
      {Points::kRecords, &of_records_},   {Points::kPorts, &of_ports_},
      {Points::kBoots, &of_boots_}};
  for (std::size_t i = 0; i < faults().size(); ++i) {
    const Fault& fault = faults()[i];
    if (fault.activation.poisson.ps() > 0) {
      states_[i].gap = Distribution::Exponential(fault.activation.poisson);
      states_[i].gaps = random.Fork(absl::StrCat("fault/", fault.id, "/gaps"));
    }
    for (const auto& [point, list] : lists)
      if (fault.ActsAt(point)) list->push_back(i);
    if (!fault.ActsAt(Points::kSends)) continue;
    for (const core::NodeId target : fault.targets) on_[target.value()].push_back(i);
  }
  is_hook_ = !of_packets_.empty() || !of_ports_.empty() || !of_effects_.empty() ||
             !of_timers_.empty() || !of_writes_.empty() || !of_settings_.empty() ||
             !of_records_.empty() || watch_.is_needed();
}

void FaultPlan::MakeActors(const FaultScene& scene) {
  scene_.emplace(scene);
  for (std::size_t i = 0; i < faults().size(); ++i)
    actors_.push_back(faults()[i].kind->act(scene, i, *faults()[i].body));
}

core::Random FaultPlan::StreamOf(std::size_t index) const {
  return random_.Fork(absl::StrCat("fault/", faults()[index].id));
}

// --- Time ---

void FaultPlan::EmitFault(core::Instant now, std::size_t index, bool begins) {
  trace::Event event;
  event.at = now;
  event.kind = trace::EventKind::kFault;
  event.value = index;
  event.detail = begins ? 1 : 0;
  emitter_.Emit(event);
}

void FaultPlan::Begin(core::Instant now, std::size_t index) {
  if (is_active(index)) return;
  states_[index].is_active = true;
  states_[index].ends = faults()[index].EndOf(now);
  EmitFault(now, index, true);
  actor(index).Begin(now);
  if (!faults()[index].is_moment()) return;
  states_[index].is_active = false;
  EmitFault(now, index, false);
}

void FaultPlan::End(core::Instant now, std::size_t index) {
  if (!states_[index].is_active) return;
  states_[index].is_active = false;
  states_[index].ticks = core::Instant::Max();
  EmitFault(now, index, false);
  actor(index).End(now);
}

core::Instant FaultPlan::NextBeginning(core::Instant now, std::size_t index) {
  const Activation& activation = faults()[index].activation;
  State& state = states_[index];
  const bool is_drawn = activation.poisson.ps() > 0;
  const core::Duration gap = is_drawn ? state.gap.Sample(state.gaps) : activation.every;
  const bool is_never = gap.ps() == 0 || gap >= faults()[index].until - now;
  return is_never ? core::Instant::Max() : now + gap;
}

void FaultPlan::OnRunEnds(core::Instant now) {
  for (const auto& each : actors_) each->OnRunEnds(now);
}

void FaultPlan::CountChanged(core::Instant now, std::size_t index, std::uint64_t count) {
  states_[index].changed += count;
  if (states_[index].changed >= faults()[index].count) End(now, index);
}

// --- Who is asked ---

bool FaultPlan::IsAbout(const Fault& fault, core::NodeId from, core::NodeId to) const {
  return IsOf(fault.link, spec_.clusters, from, to);
}

bool FaultPlan::Matches(std::size_t index, core::NodeId from, core::NodeId to,
                        const core::Bytes& payload) {
  const Fault& fault = faults()[index];
  if (!IsAbout(fault, from, to)) return false;
  const MessageSelector& wanted = fault.message;
  if (WantsFields(wanted) && !IsOf(wanted, deriver_.Decode(from, payload))) return false;
  return !wanted.nth || states_[index].matched++ == *wanted.nth;
}

bool FaultPlan::Draw(std::size_t index) {
  const Ratio& probability = faults()[index].probability;
  return actor(index).random().Chance(probability.numerator, probability.denominator);
}

core::Duration FaultPlan::Later(core::Instant now, core::Duration later, core::Duration by) const {
  const core::Duration room = std::max(spec_.end - now, core::Duration());
  return by >= room - later ? room : later + by;
}

bool FaultPlan::Strikes(std::size_t index) {
  ++states_[index].touched;
  return Draw(index);
}

void FaultPlan::Filter(core::Instant now, core::NodeId host, std::vector<core::Listed>& list,
                       std::vector<core::effect::Send>& silenced, std::uint64_t& messages) {
  std::vector<SendCase::Another> more;
  for (const std::size_t index : on_[host.value()]) {
    for (std::size_t i = 0; i < list.size() && is_active(index); ++i) {
      auto* send = std::get_if<core::effect::Send>(&list[i].what);
      if (send == nullptr || !Matches(index, host, send->to, send->payload) || !Draw(index))
        continue;
      Marks marks = TakeMarks(host, list[i].message);
      const bool is_kept = actor(index).OnSend({now, host, *send, more, marks});
      const core::Layer layer = list[i].layer;
      if (is_kept) {
        SetMarks(host, list[i].message, marks);
      } else {
        silenced.push_back(std::move(*send));
        list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
        --i;
      }
      for (SendCase::Another& each : more) {
        core::Listed listed;
        listed.layer = layer;
        listed.message = ++messages;
        SetMarks(host, listed.message, each.marks);
        listed.what = std::move(each.send);
        ++i;
        list.insert(list.begin() + static_cast<std::ptrdiff_t>(i), std::move(listed));
      }
      more.clear();
    }
  }
}

Marks FaultPlan::TakeMarks(core::NodeId host, std::uint64_t message) {
  if (marks_.empty()) return {};
  const auto found = marks_.find({host, message});
  if (found == marks_.end()) return {};
  const Marks marks = found->second;
  marks_.erase(found);
  return marks;
}

void FaultPlan::SetMarks(core::NodeId host, std::uint64_t message, const Marks& marks) {
  const bool has_any = marks.is_forged || marks.is_unproven || marks.as || marks.is_of_flood;
  if (has_any) marks_.insert_or_assign({host, message}, marks);
}

std::unique_ptr<core::Node> FaultPlan::Build(const core::Seat& seat, const core::Program& program) {
  std::unique_ptr<core::Node> node = program.Build(seat);
  for (const std::size_t index : of_boots_)
    if (actor(index).Targets(seat.self)) node = actor(index).OnBoot(seat, program, std::move(node));
  return node;
}

MessageFate FaultPlan::FateOf(core::Instant now, const Message& message) {
  MessageFate fate;
  for (const std::size_t index : of_messages_) {
    // What a host says to itself crosses no link that could be late.
    if (message.from == message.to && !faults()[index].kind->is_of_loopback) continue;
    if (!is_active(index) || !actor(index).SelectsMessage(message.from, message.to)) continue;
    if (!Matches(index, message.from, message.to, message.payload)) continue;
    if (Strikes(index)) actor(index).OnMessage(now, message, fate);
    if (fate.is_destroyed) return fate;
  }
  return fate;
}

// --- Who waits for its moment ---

void FaultPlan::BeforeEffect(core::Instant now, core::NodeId host, const core::Listed& listed) {
  // The effect is cut off by a crash: it is nobody's any more.
  if (watch_.has_due()) {
    const std::uint64_t life = scene_->hosts[host.value()]->incarnation();
    scene_->crasher.BeginDue();
    if (scene_->hosts[host.value()]->incarnation() != life) return;
  }
  for (const std::size_t index : of_effects_)
    if (is_active(index) && actor(index).BeforeEffect(now, host, listed)) return;
}

PacketFate FaultPlan::BeforeQueue(core::Instant now, std::uint32_t edge, const Packet& packet,
                                  core::ByteCount waiting) {
  PacketFate fate;
  if (of_packets_.empty() || edge != scene_->network.CardEdge(packet.from, /*outwards=*/true))
    return fate;
  for (const std::size_t index : of_packets_) {
    if (!is_active(index) || !IsAbout(faults()[index], packet.from, packet.to)) continue;
    if (!actor(index).SelectsPacket(packet.from, packet.to)) continue;
    if (!Strikes(index)) continue;
    const PacketFate by_it = actor(index).OnPacket(now, packet, waiting);
    fate.later = Later(now, fate.later, by_it.later);
    if (by_it.holder != 0) fate.holder = by_it.holder;
    if (by_it.is_lost) return by_it;
  }
  return fate;
}

bool FaultPlan::MayQueue(core::Instant now, std::uint32_t edge, const Packet& packet,
                         core::ByteCount waiting) {
  for (const std::size_t index : of_ports_)
    if (is_active(index) && !actor(index).OnPort(now, edge, packet, waiting)) return false;
  return true;
}

core::Duration FaultPlan::BeforeTimer(core::Instant now, core::NodeId host, core::TimerId timer) {
  core::Duration later;
  for (const std::size_t index : of_timers_)
    if (is_active(index)) later = Later(now, later, actor(index).BeforeTimer(now, host, timer));
  return later;
}

core::Duration FaultPlan::BeforeWrite(core::Instant now, core::NodeId host, core::ByteCount size) {
  core::Duration longer;
  for (const std::size_t index : of_writes_)
    if (is_active(index)) longer = Later(now, longer, actor(index).BeforeWrite(now, host, size));
  return longer;
}

void FaultPlan::OnCrash(core::Instant now, core::NodeId host) {
  for (const std::size_t index : of_crashes_)
    if (is_active(index)) actor(index).OnCrash(now, host);
}

void FaultPlan::OnLost(core::Instant now, const Loss& loss) {
  for (const std::size_t index : of_losses_) actor(index).OnLost(now, loss);
}

std::optional<Disk::Harm> FaultPlan::BeforeRecord(core::Instant now, core::NodeId host) {
  for (const std::size_t index : of_records_) {
    if (!is_active(index)) continue;
    if (const auto harm = actor(index).BeforeRecord(now, host)) return harm;
  }
  return std::nullopt;
}

std::uint64_t FaultPlan::BeforeRead(core::Instant now, core::NodeId host, std::uint64_t there) {
  std::uint64_t missing = 0;
  for (const std::size_t index : of_records_)
    if (is_active(index)) missing += actor(index).BeforeRead(now, host, there - missing);
  return missing;
}

core::Duration FaultPlan::BeforeSetting(core::Instant now, core::NodeId host, core::Duration wait) {
  core::Duration earlier;
  for (const std::size_t index : of_settings_)
    if (is_active(index)) earlier += actor(index).OnSetTimer(now, host, wait - earlier);
  return earlier;
}

void FaultPlan::SetTick(std::size_t index, core::Instant at) {
  states_[index].ticks = at;
  scene_->crasher.ScheduleTick(index, at);
}

void FaultPlan::Tick(core::Instant now, std::size_t index) {
  if (!is_active(index) || states_[index].ticks != now) return;
  states_[index].ticks = core::Instant::Max();
  actor(index).OnTick(now);
}

// --- Receipts ---

void FaultPlan::MarkFaulty(core::Instant now, std::size_t index, core::NodeId host) {
  const Fault& fault = faults()[index];
  trace::Event event;
  event.at = now;
  event.kind = trace::EventKind::kFaulty;
  event.node = host;
  event.value = fault.spends_r() ? 2 : 1;
  event.detail = fault.kind->is_crash ? 1 : 0;
  emitter_.Emit(event);
}

void FaultPlan::EmitFaulty(core::Instant now) {
  for (std::size_t i = 0; i < faults().size(); ++i) {
    if (!faults()[i].spends_u() || faults()[i].chooses()) continue;
    for (const core::NodeId target : faults()[i].targets) MarkFaulty(now, i, target);
  }
}

void FaultPlan::EmitReceipts(core::Instant now) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    trace::Event event;
    event.at = now;
    event.kind = trace::EventKind::kReceipt;
    event.value = i;
    event.detail = states_[i].touched;
    event.further = states_[i].changed;
    emitter_.Emit(event);
  }
}

}  // namespace lockstep::sim
