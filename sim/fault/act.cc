// Faults of hosts and connections: see act.h.

#include "sim/fault/act.h"

#include <algorithm>
#include <optional>

#include "sim/host/host.h"
#include "sim/net/network.h"

namespace lockstep::sim {
namespace {

using core::Clock;
using core::Instant;
using core::NodeId;

constexpr Clock kClockList[] = {Clock::kMonotonic, Clock::kSynced, Clock::kWall};

bool Targets(const Fault& fault, NodeId host) {
  return std::find(fault.targets.begin(), fault.targets.end(), host) != fault.targets.end();
}

bool Stalls(const Fault& fault, bool outwards) {
  return fault.side == CardSide::kBoth || (fault.side == CardSide::kOut) == outwards;
}

// A run that is over stalls nothing.
Instant EndOf(const Fault& fault, const WorldSpec& scenario) {
  return std::max(fault.at, std::min(fault.until, scenario.end));
}

}  // namespace

FaultActs::FaultActs(const WorldSpec& scenario, FaultPlan& plan, Network& network,
                     const std::vector<std::unique_ptr<Host>>& hosts)
    : scenario_(scenario),
      plan_(plan),
      network_(network),
      hosts_(hosts),
      before_(scenario.faults.size()),
      lifted_(scenario.faults.size()),
      forgotten_(scenario.faults.size()) {
  for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
    const Fault& fault = scenario.faults[i];
    if (fault.kind == FaultKind::kHalfOpen) half_open_.push_back(i);
  }
}

void FaultActs::Begin(Instant now, std::size_t index) {
  const Fault& fault = scenario_.faults[index];
  if (fault.is_of_messages()) return;
  if (fault.kind == FaultKind::kConnReset) return ResetConnections(index);
  if (fault.kind == FaultKind::kHalfOpen) return ForgetConnections(index);
  const bool is_doubled = fault.kind == FaultKind::kNicStall && fault.side == CardSide::kBoth;
  plan_.Count(index, {fault.targets.size() * (is_doubled ? 2 : 1), 0});
  if (fault.kind == FaultKind::kNicStall) {
    for (const std::uint32_t edge : CardEdges(fault)) network_.wires().BeginStall(now, edge);
    return;
  }
  for (const NodeId target : fault.targets) {
    const Host& host = HostOf(target);
    before_[index].push_back({host.calls(), host.busy()});
    BeginOn(now, index, target);
  }
}

void FaultActs::End(Instant now, std::size_t index) {
  const Fault& fault = scenario_.faults[index];
  if (fault.is_of_messages()) return;
  plan_.Count(index, {0, Changed(now, index)});
  if (fault.kind == FaultKind::kHalfOpen) return CloseForgotten(index);
  if (fault.kind == FaultKind::kNicStall) {
    for (const std::uint32_t edge : CardEdges(fault)) network_.wires().EndStall(now, edge);
    return;
  }
  for (const NodeId target : fault.targets) EndOn(now, index, target);
}

void FaultActs::OnCrash(NodeId target) {
  for (std::size_t i = 0; i < scenario_.faults.size(); ++i) {
    const Fault& fault = scenario_.faults[i];
    const bool stands_still = fault.kind == FaultKind::kPause || fault.kind == FaultKind::kFreeze;
    if (stands_still && plan_.is_active(i) && Targets(fault, target))
      plan_.Count(i, {0, HostOf(target).waiting()});
  }
}

void FaultActs::OnMachineDown(Instant now, NodeId target) {
  std::optional<Instant> frozen_since;
  for (std::size_t i = 0; i < scenario_.faults.size(); ++i) {
    const Fault& fault = scenario_.faults[i];
    const bool stands_still = fault.kind == FaultKind::kPause || fault.kind == FaultKind::kFreeze;
    if (!stands_still || !plan_.is_active(i) || !Targets(fault, target)) continue;
    lifted_[i].push_back(target);
    if (fault.kind != FaultKind::kFreeze) continue;
    frozen_since = std::min(frozen_since.value_or(fault.at), fault.at);
  }
  HostOf(target).EndPause(now);
  if (!frozen_since) return;
  for (const Clock clock : kClockList) {
    SetFrozen(now, target, clock);
    Step(now, target, clock, now - *frozen_since);
  }
}

void FaultActs::CountUnended(Instant now) {
  for (std::size_t i = 0; i < scenario_.faults.size(); ++i)
    if (plan_.is_active(i)) plan_.Count(i, {0, Changed(now, i)});
}

// --- Hosts ---

void FaultActs::BeginOn(Instant now, std::size_t index, NodeId target) {
  const Fault& fault = scenario_.faults[index];
  const ClockChange& change = fault.clock;
  switch (fault.kind) {
    case FaultKind::kPause:
      HostOf(target).Pause(now, EndOf(fault, scenario_));
      return;
    case FaultKind::kFreeze:
      HostOf(target).Pause(now, EndOf(fault, scenario_));
      for (const Clock clock : kClockList) SetFrozen(now, target, clock);
      return;
    case FaultKind::kSlowCpu:
      SetSpeed(now, target);
      return;
    case FaultKind::kClockStep: {
      const Host& host = HostOf(target);
      // A host that is down reads no clock.
      if (host.is_up() || host.incarnation() == 0) plan_.Count(index, {0, 1});
      Step(now, target, change.clock, change.by);
      return;
    }
    case FaultKind::kClockOffset:
      Step(now, target, change.clock, change.by);
      return;
    case FaultKind::kClockDrift:
      SetDrift(now, target, change.clock);
      return;
    case FaultKind::kClockSlew:
      Slew(now, target, change);
      return;
    case FaultKind::kClockFreeze:
      SetFrozen(now, target, change.clock);
      return;
    default:
      return;
  }
}

void FaultActs::EndOn(Instant now, std::size_t index, NodeId target) {
  const Fault& fault = scenario_.faults[index];
  const Clock clock = fault.clock.clock;
  switch (fault.kind) {
    case FaultKind::kFreeze:
      for (const Clock each : kClockList) SetFrozen(now, target, each);
      return;
    case FaultKind::kSlowCpu:
      SetSpeed(now, target);
      return;
    case FaultKind::kClockOffset:
      Step(now, target, clock, core::Duration() - fault.clock.by);
      return;
    case FaultKind::kClockDrift:
      SetDrift(now, target, clock);
      return;
    case FaultKind::kClockSlew:
      // What it has moved stays; what is left is not done. A later slew has replaced it.
      if (InForce(target, FaultKind::kClockSlew, clock) == nullptr)
        Slew(now, target, {clock, core::Duration(), fault.clock.ppb});
      return;
    case FaultKind::kClockFreeze:
      SetFrozen(now, target, clock);
      return;
    default:
      return;  // A pause has an end of its own.
  }
}

const Fault* FaultActs::InForce(NodeId target, FaultKind kind, Clock clock) const {
  const Fault* last = nullptr;
  for (std::size_t i = 0; i < scenario_.faults.size(); ++i) {
    const Fault& fault = scenario_.faults[i];
    const bool is_lifted = std::ranges::find(lifted_[i], target) != lifted_[i].end();
    if (fault.kind == kind && fault.clock.clock == clock && plan_.is_active(i) && !is_lifted &&
        Targets(fault, target)) {
      last = &fault;
    }
  }
  return last;
}

void FaultActs::SetSpeed(Instant now, NodeId target) {
  const Fault* fault = InForce(target, FaultKind::kSlowCpu, ClockChange().clock);
  const Ratio slowdown = fault == nullptr ? Ratio{1, 1} : fault->slowdown;
  HostOf(target).SetSpeed(now, slowdown.numerator, slowdown.denominator);
}

void FaultActs::SetDrift(Instant now, NodeId target, Clock clock) {
  const Fault* fault = InForce(target, FaultKind::kClockDrift, clock);
  Host& host = HostOf(target);
  host.clock().SetDrift(now, clock,
                        fault == nullptr ? std::nullopt : std::optional(fault->clock.ppb));
  host.OnClockChanged(now, clock);
}

void FaultActs::SetFrozen(Instant now, NodeId target, Clock clock) {
  const bool is_frozen = InForce(target, FaultKind::kFreeze, ClockChange().clock) != nullptr ||
                         InForce(target, FaultKind::kClockFreeze, clock) != nullptr;
  Host& host = HostOf(target);
  if (is_frozen) {
    host.clock().Freeze(now, clock);
  } else {
    host.clock().Unfreeze(now, clock);
  }
  host.OnClockChanged(now, clock);
}

void FaultActs::Step(Instant now, NodeId target, Clock clock, core::Duration by) {
  Host& host = HostOf(target);
  host.clock().Step(now, clock, by);
  host.OnClockChanged(now, clock);
}

void FaultActs::Slew(Instant now, NodeId target, const ClockChange& change) {
  Host& host = HostOf(target);
  host.clock().Slew(now, change.clock, change.by, change.ppb);
  host.OnClockChanged(now, change.clock);
}

std::vector<std::uint32_t> FaultActs::CardEdges(const Fault& fault) const {
  std::vector<std::uint32_t> edges;
  for (const NodeId target : fault.targets)
    for (const bool outwards : {false, true})
      if (Stalls(fault, outwards)) edges.push_back(network_.CardEdge(target, outwards));
  return edges;
}

// --- Connections ---

bool FaultActs::IsAbout(const Fault& fault, NodeId from, NodeId to) const {
  return plan_.IsAbout(fault, from, to) || (fault.is_both_ways && plan_.IsAbout(fault, to, from));
}

std::vector<FaultActs::Pair> FaultActs::OpenStreams(const Fault& fault) const {
  std::vector<Pair> pairs;
  for (std::uint32_t i = 0; i < hosts_.size(); ++i) {
    for (std::uint32_t j = 0; j < hosts_.size(); ++j) {
      const NodeId from(i);
      const NodeId to(j);
      if (network_.HasStream(from, to) && IsAbout(fault, from, to)) pairs.emplace_back(from, to);
    }
  }
  return pairs;
}

void FaultActs::ResetConnections(std::size_t index) {
  for (const auto& [from, to] : OpenStreams(scenario_.faults[index]))
    plan_.Count(index, {1, network_.ResetStream(from, to, trace::DropCause::kReset)});
}

void FaultActs::ForgetConnections(std::size_t index) {
  forgotten_[index] = OpenStreams(scenario_.faults[index]);
  plan_.Count(index, {forgotten_[index].size(), 0});
  for (const auto& [from, to] : forgotten_[index]) network_.SetHalfOpen(from, to, true);
}

void FaultActs::CloseForgotten(std::size_t index) {
  for (const auto& [from, to] : forgotten_[index]) {
    // Its sender may have given up meanwhile, and opened another one.
    if (network_.IsHalfOpen(from, to)) network_.ResetStream(from, to, trace::DropCause::kReset);
  }
  forgotten_[index].clear();
}

void FaultActs::OnForgotten(NodeId from, NodeId to) {
  for (const std::size_t index : half_open_) {
    const std::vector<Pair>& pairs = forgotten_[index];
    if (std::find(pairs.begin(), pairs.end(), Pair(from, to)) != pairs.end())
      plan_.Count(index, {0, 1});
  }
}

// --- Receipts ---

std::uint64_t FaultActs::Changed(Instant now, std::size_t index) const {
  const Fault& fault = scenario_.faults[index];
  std::uint64_t changed = 0;
  if (fault.kind == FaultKind::kNicStall) {
    for (const std::uint32_t edge : CardEdges(fault))
      changed += network_.wires().port(edge).MadeLater(now);
    return changed;
  }
  for (std::size_t i = 0; i < before_[index].size(); ++i)
    changed += ChangedOn(fault, HostOf(fault.targets[i]), before_[index][i]);
  return changed;
}

std::uint64_t FaultActs::ChangedOn(const Fault& fault, const Host& host,
                                   const Before& before) const {
  switch (fault.kind) {
    case FaultKind::kPause:
    case FaultKind::kFreeze:
      return host.waiting();
    case FaultKind::kSlowCpu:
      return host.busy() > before.busy ? host.calls() - before.calls : 0;
    default:
      return host.calls() - before.calls;
  }
}

}  // namespace lockstep::sim
