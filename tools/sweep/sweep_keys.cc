// The keys of a sweep: see sweep_keys.h.

#include "tools/sweep/sweep_keys.h"

#include <algorithm>
#include <limits>

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

void DescribeSeeds(Keys& keys, std::optional<std::uint64_t>& first, std::uint64_t& count,
                   const Read& read_until) {
  constexpr std::uint64_t kUnsaid = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t said = kUnsaid;
  keys.Integer({"first", "Of the first run.", false, "that of the base scenario"}, said,
               {0, kSeedMax});
  if (said != kUnsaid) first = said;
  keys.Integer({"count", "At most, where \"until\" stops early."}, count, {1, kRunsMax});
  keys.Other({"until", "When to stop early."}, "until", read_until);
}

void DescribeUntil(Keys& keys, std::uint64_t count, const Read& read_within, StopRule& rule) {
  keys.Text(Required("metric", "Whose mean it is."), rule.metric);
  keys.Other(Required("within",
                      "Half of the interval: of the metric, or of its mean, such as "
                      "\"2%\"."),
             "within", read_within);
  keys.Integer({"least", "Seeds before the first look."}, rule.least,
               {2, std::max<std::uint64_t>(2, count)});
  keys.Integer({"step", "Seeds between looks."}, rule.step, {1, std::max<std::uint64_t>(1, count)});
}

void DescribeBisection(Keys& keys, std::string& axis, const Read& read_holds) {
  keys.Text(Required("axis", "Which axis."), axis);
  keys.Other(Required("holds",
                      "Over axes, means of metrics, and first.METRIC: the mean at the axis' first "
                      "value."),
             "formula", read_holds);
}

void DescribeDerived(Keys& keys, const Read& read_name, const Read& read_is, const Read& read_at) {
  keys.Other(Required("name", "What formulas call it, and its column of results."), "name",
             read_name);
  keys.Other(Required("is", "A formula over axes, and over derived values before it."), "formula",
             read_is);
  keys.Other({"at", "Where it is put in the scenario.", false, "nowhere"}, "places", read_at);
}

std::vector<sim::KeyGroup> ListSweepKeys() {
  const Read none = [] {};
  std::vector<sim::KeyGroup> groups;
  const auto add = [&](const char* name, const char* pointer, const char* meaning,
                       const std::function<void(Keys&)>& describe) {
    KeyLister keys;
    describe(keys);
    groups.push_back({name, pointer, meaning, keys.Take()});
  };
  add("derive", "/derive/N", "A value computed at each point.",
      [&](Keys& keys) { DescribeDerived(keys, none, none, none); });
  add("seeds", "/seeds", "Runs of each point.", [&](Keys& keys) {
    std::optional<std::uint64_t> first;
    std::uint64_t count = 1;
    DescribeSeeds(keys, first, count, none);
  });
  add("until", "/seeds/until",
      "Stop when the 95 % confidence interval of the mean is narrow enough.", [&](Keys& keys) {
        StopRule rule;
        DescribeUntil(keys, kRunsMax, none, rule);
      });
  add("bisect", "/bisect",
      "Instead of all values of an axis, look for the last at which something holds, which it is "
      "taken to do up to there.",
      [&](Keys& keys) {
        std::string axis;
        DescribeBisection(keys, axis, none);
      });
  add("limits", "/limits", "Of one run; what goes beyond is stopped and recorded.", [](Keys& keys) {
    Limits limits;
    Describe(keys, limits);
  });
  return groups;
}

}  // namespace lockstep::sweep
