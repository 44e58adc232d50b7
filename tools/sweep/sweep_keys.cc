// The keys of a sweep: see sweep_keys.h.

#include "tools/sweep/sweep_keys.h"

#include <algorithm>
#include <array>
#include <limits>

#include "protocols/parameters/key_list.h"

namespace lockstep::sweep {

using core::Duration;
using core::Keys;
using core::Required;

namespace {

// 1024 has no decimal parts, so binary units are counted whole.
constexpr std::array<Unit, 16> kUnits = {{{"s", 12},
                                          {"ms", 9},
                                          {"us", 6},
                                          {"ns", 3},
                                          {"ps", 0},
                                          {"bps", 0},
                                          {"kbps", 3},
                                          {"Mbps", 6},
                                          {"Gbps", 9},
                                          {"B", 0},
                                          {"kB", 3},
                                          {"MB", 6},
                                          {"GB", 9},
                                          {"KiB", 0},
                                          {"MiB", 0},
                                          {"GiB", 0}}};
constexpr core::Option kScales[] = {{"linear"}, {"log"}};
constexpr core::Option kForms[] = {{"ratio"}};

void DescribeName(Keys& keys, const AxisReads& reads) {
  keys.Other(Required("name", "What formulas call it, and its column of results."), "name",
             reads.name);
}

void DescribeWhen(Keys& keys, const AxisReads& reads) {
  keys.Other({"when", "The axis changes the scenario only where this is true; a formula over axes.",
              false, "everywhere"},
             "formula", reads.when);
}

void DescribePlaces(Keys& keys, const AxisReads& reads) {
  keys.Other({"at", "Where the value is put in the scenario.", false,
              "nowhere, for a value that others are derived from"},
             "places", reads.at);
}

}  // namespace

std::span<const Unit> Units() { return kUnits; }

void DescribeList(Keys& keys, bool is_labelled, const AxisReads& reads) {
  DescribeName(keys, reads);
  DescribeWhen(keys, reads);
  if (!is_labelled) DescribePlaces(keys, reads);
  keys.Other(Required("values", is_labelled ? "Values that each set places of their own."
                                            : "Numbers, texts, true and false, or ratios."),
             is_labelled ? "labelled_values" : "values", reads.values);
}

void DescribeLabelled(Keys& keys, const Read& read_label, const Read& read_set) {
  keys.Other(Required("label", "What results call it."), "label", read_label);
  keys.Other(Required("set", "What it puts where."), "changes", read_set);
}

void DescribeRange(Keys& keys, const AxisReads& reads, RangeKeys& range) {
  DescribeName(keys, reads);
  DescribePlaces(keys, reads);
  DescribeWhen(keys, reads);
  keys.Choice({"scale", "How the values lie between both ends."}, range.is_log, kScales);
  keys.Other(Required("from", "The first value."), "number", reads.from);
  keys.Other(Required("to", "The last value."), "number", reads.to);
  std::vector<core::Option> units;
  for (const Unit& unit : kUnits) units.push_back({unit.name});
  std::size_t unit = kUnits.size();
  keys.Choice({"unit", "Put behind the number.", false, "nothing"}, unit, units);
  if (unit < kUnits.size()) range.unit = kUnits[unit];
  std::size_t form = 1;
  keys.Choice({"as", "Put as [numerator, denominator].", false, "as a number"}, form, kForms);
  range.is_ratio = form == 0;
  keys.Integer({"count",
                "Values, both ends among them; those that rounding makes equal are one. Samples "
                "draw from all of the range, and take none.",
                false, "none, which only samples bear"},
               range.count, {1, kValuesMax});
}

void Describe(Keys& keys, bool is_random, SampleKeys& sample) {
  if (is_random)
    keys.Integer(Required("random", "Points, each drawn for itself."), sample.random,
                 {1, kPointsMax});
  else
    keys.Integer(Required("latin_hypercube", "Points, one in each of as many parts of every axis."),
                 sample.latin_hypercube, {1, kPointsMax});
  keys.Integer(Required("seed", "Of what is drawn."), sample.seed, {});
}

void DescribeExpectation(Keys& keys, const Read& read_verdict, const Read& read_that,
                         const Read& read_when, std::string& why) {
  keys.Text({"why", "Why it should."}, why);
  keys.Other({"when", "The points it is about: a formula over axes.", false, "all"}, "formula",
             read_when);
  keys.Other({"verdict", "One of these, of each run; this or \"that\"."}, "verdicts", read_verdict);
  keys.Other({"that", "Over axes and means of metrics over the seeds of a point."}, "formula",
             read_that);
}

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
  add("list", "/axes/N", "An axis: values at a place, or at several.",
      [](Keys& keys) { DescribeList(keys, /*is_labelled=*/false, {}); });
  add("labelled_list", "/axes/N", "An axis of values that each set places of their own.",
      [](Keys& keys) { DescribeList(keys, /*is_labelled=*/true, {}); });
  add("labelled", "/axes/N/values/N", "One of those.",
      [&](Keys& keys) { DescribeLabelled(keys, none, none); });
  add("range", "/axes/N", "An axis: numbers from one to another.", [](Keys& keys) {
    RangeKeys range;
    DescribeRange(keys, {}, range);
  });
  add("random", "/sample", "Points that are drawn at random.", [](Keys& keys) {
    SampleKeys sample;
    Describe(keys, /*is_random=*/true, sample);
  });
  add("latin_hypercube", "/sample", "Points that are drawn, and spread over every axis.",
      [](Keys& keys) {
        SampleKeys sample;
        Describe(keys, /*is_random=*/false, sample);
      });
  add("expect", "/expect/N", "What must hold: a \"verdict\" or \"that\".", [&](Keys& keys) {
    std::string why;
    DescribeExpectation(keys, none, none, none, why);
  });
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
