// Faults of one clock: see clock_actor.h.

#include "sim/fault/engine/clock_actor.h"

#include "sim/host/host.h"

namespace lockstep::sim {

void DescribeClock(core::Keys& keys, core::Clock& clock) {
  keys.Choice({"clock",
               "Which one. The monotonic and the synced one never go back: they stand "
               "still until they are caught up."},
              clock, kClockOptions);
}

void DescribeMove(core::Keys& keys, core::Duration& by) {
  keys.Period(core::Required("by", "How far."), by);
  bool is_back = false;
  keys.Bool({"back", "Backwards."}, is_back);
  if (is_back) by = core::Duration() - by;
}

void ClockActor::Begin(core::Instant now) {
  Count(now);
  Touch(targets().size());
  for (const core::NodeId host : targets()) before_.push_back(HostOf(host).uses(clock_));
  for (const core::NodeId host : targets()) BeginOn(now, host);
}

void ClockActor::End(core::Instant now) {
  for (const core::NodeId host : targets()) EndOn(now, host);
  if (!is_for_good_) Count(now);
}

void ClockActor::OnRunEnds(core::Instant now) { Count(now); }

void ClockActor::Count(core::Instant now) {
  for (std::size_t i = 0; i < before_.size(); ++i)
    Change(now, HostOf(targets()[i]).uses(clock_) - before_[i]);
  before_.clear();
}

}  // namespace lockstep::sim
