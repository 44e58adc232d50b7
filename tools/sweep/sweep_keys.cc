// The keys of a sweep that are plain values: see sweep_keys.h.

#include "tools/sweep/sweep_keys.h"

#include <algorithm>
#include <utility>

#include "protocols/parameters/key_list.h"

namespace lockstep::sweep {

using core::Duration;
using core::Keys;
using core::Required;

void Describe(Keys& keys, Limits& limits) {
  limits.wall = Duration::Seconds(600);
  keys.Period({"wall", "Real time."}, limits.wall);
  Duration simulated = Duration::Picoseconds(-1);
  keys.Period({"simulated", "Simulated time.", false, "that of the scenario"}, simulated);
  if (simulated > Duration()) limits.simulated = simulated;
  std::uint64_t events = 0;
  keys.Integer({"events", "Of the observable sequence.", false, "any number"}, events, {1});
  if (events > 0) limits.events = events;
  core::ByteCount memory;
  keys.Size(
      {"memory", "Resident.", false, "four fifths of the machine's, by the number of its cores"},
      memory, {1});
  if (memory.value() > 0) limits.memory = memory;
}

void DescribeUntil(Keys& keys, std::uint64_t count, const std::function<void()>& read_within,
                   StopRule& rule) {
  keys.Text(Required("metric", "Whose mean it is."), rule.metric);
  keys.Other(Required("within",
                      "Half of the interval: of the metric, or of its mean, such as "
                      "\"2%\"."),
             "within", read_within);
  keys.Integer({"least", "Seeds before the first look."}, rule.least,
               {2, std::max<std::uint64_t>(2, count)});
  keys.Integer({"step", "Seeds between looks."}, rule.step, {1, std::max<std::uint64_t>(1, count)});
}

std::vector<sim::KeyGroup> ListSweepKeys() {
  constexpr std::uint64_t kRunsMax = 1'000'000'000;
  KeyLister limits;
  Limits limit;
  Describe(limits, limit);
  KeyLister until;
  StopRule rule;
  DescribeUntil(
      until, kRunsMax, [] {}, rule);
  return {
      {"limits", "/limits", "Of one run; what goes beyond is stopped and recorded.", limits.Take()},
      {"until", "/seeds/until",
       "Stop when the 95 % confidence interval of the mean is narrow enough.", until.Take()}};
}

}  // namespace lockstep::sweep
