// Faults in force: see plan.h.

#include "sim/fault/plan.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"

#include "sim/fault/duplicate.h"
#include "sim/fault/late.h"
#include "sim/fault/round_breach.h"

namespace lockstep::sim {
namespace {

bool Contains(const std::vector<core::NodeId>& hosts, core::NodeId host) {
  return std::find(hosts.begin(), hosts.end(), host) != hosts.end();
}

// Whether a message states its round, and this one if any is wanted.
bool IsOfRound(const Decoded& decoded, std::optional<std::uint64_t> round) {
  return std::ranges::any_of(decoded.fields(), [&](const DecodedField& field) {
    const core::FieldSpec& spec = decoded.type()->fields[field.spec];
    return spec.role == core::Role::kRound && spec.group == core::FieldSpec::kMessage &&
           (!round || field.values.first == *round);
  });
}

// Null for a host that does not exist.
const core::Cluster* ClusterOf(const std::vector<core::Cluster>& clusters, core::NodeId host) {
  for (const core::Cluster& cluster : clusters) {
    if (cluster.Has(host)) return &cluster;
  }
  return nullptr;
}

}  // namespace

FaultPlan::FaultPlan(const WorldSpec& scenario, const std::vector<Keys>& keys, Deriver& deriver,
                     trace::Emitter& emitter, const core::Random& random)
    : scenario_(scenario),
      deriver_(deriver),
      emitter_(emitter),
      on_(keys.size()),
      tampers_(keys.size()) {
  for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
    const Fault& fault = scenario.faults[i];
    State state;
    state.random = random.Fork(absl::StrCat("fault/", fault.id));
    states_.push_back(state);
    if (fault.is_on_the_way()) on_the_way_.push_back(i);
    if (fault.kind == FaultKind::kLoss) losses_.push_back(i);
    if (fault.kind != FaultKind::kSilent && fault.kind != FaultKind::kLieAck) continue;
    for (const core::NodeId target : fault.targets) {
      on_[target.value()].push_back(i);
      if (fault.kind != FaultKind::kLieAck || tampers_[target.value()] != nullptr) continue;
      tampers_[target.value()] =
          std::make_unique<Tamper>(target, keys[target.value()], deriver, emitter);
    }
  }
}

void FaultPlan::EmitFault(core::Instant now, std::size_t index, bool begins) {
  trace::Event event;
  event.at = now;
  event.kind = trace::EventKind::kFault;
  event.value = index;
  event.detail = begins ? 1 : 0;
  emitter_.Emit(event);
}

void FaultPlan::Begin(core::Instant now, std::size_t index) {
  states_[index].is_active = true;
  EmitFault(now, index, true);
}

void FaultPlan::End(core::Instant now, std::size_t index) {
  if (!states_[index].is_active) return;
  states_[index].is_active = false;
  EmitFault(now, index, false);
}

void FaultPlan::Count(std::size_t index, const FaultEffect& effect) {
  states_[index].effect.touched += effect.touched;
  states_[index].effect.changed += effect.changed;
}

void FaultPlan::CountEffect(core::Instant now, std::size_t index) {
  FaultEffect& effect = states_[index].effect;
  if (effect.changed >= scenario_.faults[index].count) End(now, index);
}

void FaultPlan::Filter(core::Instant now, core::NodeId host, std::vector<core::Listed>& list,
                       std::vector<core::effect::Send>& silenced) {
  for (const std::size_t index : on_[host.value()]) {
    const Fault& fault = scenario_.faults[index];
    State& state = states_[index];
    for (std::size_t i = 0; i < list.size() && state.is_active; ++i) {
      auto* send = std::get_if<core::effect::Send>(&list[i].what);
      if (send == nullptr) continue;
      if (!state.random.Chance(fault.probability.numerator, fault.probability.denominator)) {
        continue;
      }
      if (fault.kind == FaultKind::kLieAck) {
        tampers_[host.value()]->LieAck(now, fault, index, *send, state.effect);
      } else {
        ++state.effect.touched;
        ++state.effect.changed;
        silenced.push_back(std::move(*send));
        list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
        --i;
      }
      CountEffect(now, index);
    }
  }
}

bool FaultPlan::IsAbout(const Fault& fault, core::NodeId from, core::NodeId to) const {
  const LinkSelector& link = fault.link;
  if (!link.src.empty() && !Contains(link.src, from)) return false;
  if (!link.dst.empty() && !Contains(link.dst, to)) return false;
  if (link.link_class.empty()) return true;
  const core::Cluster* sender = ClusterOf(scenario_.clusters, from);
  const core::Cluster* receiver = ClusterOf(scenario_.clusters, to);
  if (sender == nullptr || receiver == nullptr) return false;
  const auto pair = static_cast<std::size_t>(PairClassOf(*sender, *receiver));
  return link.link_class == kPairClassNames[pair];
}

bool FaultPlan::Matches(const Fault& fault, State& state, const Message& message) {
  if (!IsAbout(fault, message.from, message.to)) return false;
  const MessageSelector& wanted = fault.message;
  const bool is_breach = fault.kind == FaultKind::kRoundBreach;
  if (!wanted.type.empty() || wanted.seq || wanted.round || is_breach) {
    const Decoded& decoded = deriver_.Decode(message.from, message.payload);
    if (decoded.type() == nullptr) return false;
    const core::TypeSpec& type = *decoded.type();
    if (!wanted.type.empty() && wanted.type != type.name) return false;
    if (wanted.seq) {
      const bool carries = std::ranges::any_of(decoded.fields(), [&](const DecodedField& field) {
        if (type.fields[field.spec].role != core::Role::kSeq) return false;
        const core::Run& run = field.values;
        return run.count > 0 && *wanted.seq >= run.first && *wanted.seq <= run.Last() &&
               (*wanted.seq - run.first) % run.stride == 0;
      });
      if (!carries) return false;
    }
    if ((wanted.round || is_breach) && !IsOfRound(decoded, wanted.round)) return false;
  }
  return !wanted.nth || state.matched++ == *wanted.nth;
}

bool FaultPlan::Strikes(std::size_t index) {
  State& state = states_[index];
  const Ratio& probability = scenario_.faults[index].probability;
  ++state.effect.touched;
  return state.random.Chance(probability.numerator, probability.denominator);
}

MessageFate FaultPlan::FateOf(core::Instant now, const Message& message) {
  MessageFate fate;
  for (const std::size_t index : on_the_way_) {
    const Fault& fault = scenario_.faults[index];
    // What a host says to itself crosses no link that could be late.
    if (message.from == message.to && fault.kind != FaultKind::kDrop) continue;
    if (!states_[index].is_active || !Matches(fault, states_[index], message)) continue;
    if (Strikes(index)) Strike(now, index, message, fate);
    if (fate.is_destroyed) return fate;
  }
  return fate;
}

void FaultPlan::Strike(core::Instant now, std::size_t index, const Message& message,
                       MessageFate& fate) {
  const Fault& fault = scenario_.faults[index];
  switch (fault.kind) {
    case FaultKind::kDelay:
    case FaultKind::kReorder: {
      const core::Duration later = DrawLateness(fault.late, states_[index].random);
      fate.later += later;
      if (fault.kind == FaultKind::kReorder) {
        fate.reordered_by = index;
      } else if (later.ps() > 0) {
        CountChanged(now, index);
      }
      return;
    }
    case FaultKind::kDuplicate:
      fate.duplicated_by = index;
      return;
    case FaultKind::kRoundBreach:
      fate.breached_by = index;
      fate.not_before = BreachedAt(fault.breach, message.listed);
      return;
    default:
      fate.is_destroyed = true;
      CountChanged(now, index);
      return;
  }
}

bool FaultPlan::LosesPacket(core::Instant now, core::NodeId from, core::NodeId to) {
  for (const std::size_t index : losses_) {
    if (!states_[index].is_active || !IsAbout(scenario_.faults[index], from, to)) continue;
    if (!Strikes(index)) continue;
    CountChanged(now, index);
    return true;
  }
  return false;
}

void FaultPlan::CountChanged(core::Instant now, std::size_t index) {
  ++states_[index].effect.changed;
  CountEffect(now, index);
}

void FaultPlan::OnCopyArrived(core::Instant now, const Message& message) {
  CountChanged(now, FaultOfCopy(message.id.copy, scenario_.faults.size()));
}

void FaultPlan::EmitFaulty(core::Instant now) {
  for (const Fault& fault : scenario_.faults) {
    if (!fault.spends_u()) continue;
    for (const core::NodeId target : fault.targets) {
      trace::Event event;
      event.at = now;
      event.kind = trace::EventKind::kFaulty;
      event.node = target;
      event.value = fault.spends_r() ? 2 : 1;
      event.detail = fault.kind == FaultKind::kCrash ? 1 : 0;
      emitter_.Emit(event);
    }
  }
}

void FaultPlan::EmitReceipts(core::Instant now) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    trace::Event event;
    event.at = now;
    event.kind = trace::EventKind::kReceipt;
    event.value = i;
    event.detail = states_[i].effect.touched;
    event.further = states_[i].effect.changed;
    emitter_.Emit(event);
  }
}

}  // namespace lockstep::sim
