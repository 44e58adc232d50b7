// Speeds and clocks under several faults: see moods.h.

#include "sim/fault/engine/moods.h"

#include <algorithm>

#include "sim/host/host.h"
#include "sim/net/network.h"

namespace lockstep::sim {
namespace {

constexpr core::Clock kClockList[] = {core::Clock::kMonotonic, core::Clock::kSynced,
                                      core::Clock::kWall};

// Sets or takes away what a fault says; what counts then.
template <typename Value>
std::optional<Value> LastOf(absl::btree_map<std::size_t, Value>& said, std::size_t fault,
                            const std::optional<Value>& value) {
  if (value) {
    said[fault] = *value;
  } else {
    said.erase(fault);
  }
  return said.empty() ? std::nullopt : std::optional(said.rbegin()->second);
}

}  // namespace

void HostMoods::SetSpeed(core::Instant now, core::NodeId host, std::size_t fault,
                         std::optional<Ratio> slowdown) {
  const Ratio counts = LastOf(slowdowns_[host], fault, slowdown).value_or(Ratio{1, 1});
  HostOf(host).SetSpeed(now, counts.numerator, counts.denominator);
}

void HostMoods::SetDrift(core::Instant now, core::NodeId host, core::Clock clock, std::size_t fault,
                         std::optional<std::int64_t> ppb) {
  HostOf(host).clock().SetDrift(now, clock, LastOf(drifts_[{host, clock}], fault, ppb));
  HostOf(host).OnClockChanged(now, clock);
}

void HostMoods::SetFrozen(core::Instant now, core::NodeId host, core::Clock clock,
                          std::size_t fault, bool is_frozen) {
  if (is_frozen) {
    frozen_[{host, clock}].insert(fault);
  } else {
    frozen_[{host, clock}].erase(fault);
  }
  Freeze(now, host, clock);
}

void HostMoods::SetAllFrozen(core::Instant now, core::NodeId host, std::size_t fault,
                             bool is_frozen) {
  if (is_frozen) {
    stands_[host].emplace(fault, now);
  } else {
    stands_[host].erase(fault);
  }
  for (const core::Clock clock : kClockList) Freeze(now, host, clock);
}

void HostMoods::Freeze(core::Instant now, core::NodeId host, core::Clock clock) {
  if (stands_[host].empty() && frozen_[{host, clock}].empty()) {
    HostOf(host).clock().Unfreeze(now, clock);
  } else {
    HostOf(host).clock().Freeze(now, clock);
  }
  HostOf(host).OnClockChanged(now, clock);
}

void HostMoods::Step(core::Instant now, core::NodeId host, core::Clock clock, core::Duration by) {
  HostOf(host).clock().Step(now, clock, by);
  HostOf(host).OnClockChanged(now, clock);
}

void HostMoods::Slew(core::Instant now, core::NodeId host, core::Clock clock, core::Duration by,
                     std::int64_t ppb) {
  HostOf(host).clock().Slew(now, clock, by, ppb);
  HostOf(host).OnClockChanged(now, clock);
}

void HostMoods::SetRate(core::Instant now, std::uint32_t edge, std::size_t fault,
                        std::optional<std::int64_t> rate_bps) {
  const std::int64_t before =
      rates_before_.try_emplace(edge, network_.wires().port(edge).rate_bps()).first->second;
  network_.wires().SetRate(now, edge, LastOf(rates_[edge], fault, rate_bps).value_or(before));
}

void HostMoods::TakeDown(core::Instant now, std::uint32_t edge, std::size_t fault,
                         Port::WhileDown fate) {
  const bool is_first = down_[edge].empty();
  down_[edge].insert(fault);
  if (is_first) network_.wires().TakeDown(now, edge, fate, trace::DropCause::kFault);
}

void HostMoods::BringUp(core::Instant now, std::uint32_t edge, std::size_t fault) {
  if (down_[edge].erase(fault) > 0 && down_[edge].empty()) network_.wires().BringUp(now, edge);
}

void HostMoods::OnMachineDown(core::Instant now, core::NodeId host) {
  HostOf(host).EndPause(now);
  absl::btree_map<std::size_t, core::Instant>& stands = stands_[host];
  if (stands.empty()) return;
  core::Instant since = now;
  for (const auto& [fault, begun] : stands) since = std::min(since, begun);
  stands.clear();
  for (const core::Clock clock : kClockList) {
    Freeze(now, host, clock);
    Step(now, host, clock, now - since);
  }
}

}  // namespace lockstep::sim
