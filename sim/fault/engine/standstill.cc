// Hosts that stand still: see standstill.h.

#include "sim/fault/engine/standstill.h"

#include "sim/fault/engine/moods.h"
#include "sim/host/host.h"

namespace lockstep::sim {

std::uint64_t StandstillActor::UsesOf(core::NodeId host) const {
  std::uint64_t uses = 0;
  for (int i = 0; i < core::kClocks; ++i) uses += HostOf(host).uses(static_cast<core::Clock>(i));
  return uses;
}

void StandstillActor::Begin(core::Instant now) {
  is_begun_ = true;
  Touch(targets().size());
  for (const core::NodeId host : targets()) {
    if (stops_clocks_ && uses_before_.size() < targets().size())
      uses_before_.push_back(UsesOf(host));
    HostOf(host).Pause(now, EndsAt(now));
    if (stops_clocks_) scene().moods.SetAllFrozen(now, host, index(), true);
  }
}

void StandstillActor::End(core::Instant now) {
  CountWaiting(now);
  if (!stops_clocks_) return;
  for (const core::NodeId host : targets()) scene().moods.SetAllFrozen(now, host, index(), false);
}

void StandstillActor::OnRunEnds(core::Instant now) {
  CountWaiting(now);
  for (std::size_t i = 0; i < uses_before_.size(); ++i)
    Change(now, UsesOf(targets()[i]) - uses_before_[i]);
}

void StandstillActor::OnCrash(core::Instant now, core::NodeId host) {
  if (Targets(host)) Change(now, HostOf(host).waiting());
}

void StandstillActor::CountWaiting(core::Instant now) {
  if (!is_begun_) return;
  is_begun_ = false;
  for (const core::NodeId host : targets()) Change(now, HostOf(host).waiting());
}

}  // namespace lockstep::sim
