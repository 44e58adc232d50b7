// Which runs are still to be made: see campaign.h.

#include "tools/sweep/campaign.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

#include "analysis/results/statistics.h"
#include "protocols/core/check.h"

namespace lockstep::sweep {
namespace {

constexpr std::string_view kFirst = "first.";

}  // namespace

Campaign::Campaign(const Plan& plan, Shard shard)
    : plan_(plan),
      seeds_(plan.sweep().seeds.count),
      is_adaptive_(plan.sweep().seeds.until.has_value() || plan.sweep().bisection.has_value()),
      shard_(shard),
      there_(plan.runs_max(), false) {
  CHECK(shard.index >= 1);
  CHECK(shard.index <= shard.count);
  const std::uint64_t parts = is_adaptive_ ? plan.groups() : plan.runs_max();
  const std::uint64_t ours = parts / shard.count + (shard.index <= parts % shard.count ? 1 : 0);
  runs_max_ = is_adaptive_ ? ours * plan.group_size() * seeds_ : ours;
}

std::uint64_t Campaign::ShardOf(std::uint64_t run, std::uint64_t count) const {
  const std::uint64_t part = is_adaptive_ ? run / seeds_ / plan_.group_size() : run;
  return part % count + 1;
}

absl::Status Campaign::Fits(const analysis::RunRow& row) const {
  if (row.run >= there_.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("run ", row.run, ": want one of the ", there_.size(), " runs of the sweep"));
  }
  const std::uint64_t point = row.run / seeds_;
  const std::uint64_t seed = plan_.sweep().seeds.first + row.run % seeds_;
  if (row.point == point && row.seed == seed) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("run ", row.run, ": want it to be of point ",
                                                 point, " and seed ", seed, ", as in the sweep"));
}

void Campaign::Take(const analysis::RunRow& row) {
  CHECK(row.run < there_.size());
  under_way_.erase(row.run);
  if (!IsThere(row.run) && IsOurs(row.run)) ++done_;
  there_[row.run] = true;
  if (is_adaptive_)
    seen_[row.run] = {row.outcome == analysis::Outcome::kJudged, analysis::NumbersOf(row)};
}

std::optional<std::uint64_t> Campaign::Next() {
  if (!is_adaptive_) {
    while (cursor_ < there_.size() && (IsThere(cursor_) || !IsOurs(cursor_))) ++cursor_;
    if (cursor_ == there_.size()) return std::nullopt;
    under_way_.insert(cursor_);
    return cursor_++;
  }
  for (;;) {
    for (auto group = open_.begin(); group != open_.end();) {
      const std::vector<std::uint64_t> wanted = StandingOf(*group).wanted;
      for (const std::uint64_t run : wanted)
        if (under_way_.insert(run).second) return run;
      group = wanted.empty() ? open_.erase(group) : std::next(group);
    }
    while (cursor_ < plan_.groups() && cursor_ % shard_.count != shard_.index - 1) ++cursor_;
    if (cursor_ >= plan_.groups()) return std::nullopt;
    open_.insert(cursor_++);
  }
}

bool Campaign::IsDone() {
  if (!under_way_.empty()) return false;
  const std::optional<std::uint64_t> next = Next();
  if (!next) return true;
  // It was only looked at.
  under_way_.erase(*next);
  if (!is_adaptive_) cursor_ = *next;
  return false;
}

void Campaign::ForEachMissing(const std::function<void(std::uint64_t)>& visit) const {
  if (!is_adaptive_) {
    for (std::uint64_t run = 0; run < there_.size(); ++run)
      if (!IsThere(run) && IsOurs(run)) visit(run);
    return;
  }
  for (std::uint64_t group = shard_.index - 1; group < plan_.groups(); group += shard_.count)
    for (const std::uint64_t run : StandingOf(group).wanted) visit(run);
}

std::vector<analysis::ThresholdRow> Campaign::Thresholds() const {
  std::vector<analysis::ThresholdRow> rows;
  if (!plan_.sweep().bisection) return rows;
  for (std::uint64_t group = shard_.index - 1; group < plan_.groups(); group += shard_.count) {
    const Standing standing = StandingOf(group);
    if (standing.wanted.empty()) rows.push_back(standing.threshold);
  }
  return rows;
}

// --- What one point wants ---

std::vector<std::uint64_t> Campaign::WantedOfPoint(std::uint64_t point) const {
  const std::optional<StopRule>& rule = plan_.sweep().seeds.until;
  std::uint64_t target = rule ? std::min(rule->least, seeds_) : seeds_;
  for (;;) {
    std::vector<std::uint64_t> wanted;
    for (std::uint64_t nth = 0; nth < target; ++nth)
      if (!IsThere(point * seeds_ + nth)) wanted.push_back(point * seeds_ + nth);
    if (!wanted.empty() || target == seeds_ || IsNarrow(point, target)) return wanted;
    target = std::min(target + rule->step, seeds_);
  }
}

bool Campaign::IsNarrow(std::uint64_t point, std::uint64_t seeds) const {
  const StopRule& rule = *plan_.sweep().seeds.until;
  std::vector<double> values;
  for (std::uint64_t nth = 0; nth < seeds; ++nth) {
    const Seen& seen = seen_.at(point * seeds_ + nth);
    const auto found = seen.metrics.find(rule.metric);
    if (seen.is_judged && found != seen.metrics.end()) values.push_back(found->second);
  }
  const analysis::Mean mean = analysis::MeanOf(values);
  const std::optional<double> half = analysis::HalfWidth(mean);
  const double allowed = rule.is_relative ? rule.half_width * std::abs(mean.mean) : rule.half_width;
  return half && *half <= allowed;
}

// --- What a group wants ---

std::map<std::string, double> Campaign::Means(std::uint64_t point) const {
  std::map<std::string, std::vector<double>> values;
  const auto end = seen_.lower_bound((point + 1) * seeds_);
  for (auto seen = seen_.lower_bound(point * seeds_); seen != end; ++seen) {
    if (!seen->second.is_judged) continue;
    for (const auto& [name, value] : seen->second.metrics) values[name].push_back(value);
  }
  std::map<std::string, double> means;
  for (const auto& [name, list] : values) means[name] = analysis::MeanOf(list).mean;
  return means;
}

bool Campaign::Holds(std::uint64_t point, std::uint64_t first) const {
  const Point at = plan_.At(point);
  const Lookup settings = LookupIn(at);
  const std::map<std::string, double> here = Means(point);
  const std::map<std::string, double> there = Means(first);
  const auto metric = [](const std::map<std::string, double>& means,
                         std::string_view name) -> std::optional<Value> {
    const auto found = means.find(std::string(name));
    return found == means.end() ? std::nullopt : std::optional<Value>(found->second);
  };
  const absl::StatusOr<bool> holds =
      plan_.sweep().bisection->holds.Holds([&](std::string_view name) -> std::optional<Value> {
        if (name.substr(0, kFirst.size()) == kFirst)
          return metric(there, name.substr(kFirst.size()));
        if (std::optional<Value> value = metric(here, name)) return value;
        return settings(name);
      });
  // What could not be measured, since all runs failed, does not hold.
  return holds.ok() && *holds;
}

Campaign::Standing Campaign::StandingOf(std::uint64_t group) const {
  const std::uint64_t size = plan_.group_size();
  const std::uint64_t first = group * size;
  Standing standing;
  standing.threshold.group = group;
  standing.wanted = WantedOfPoint(first);
  if (!plan_.sweep().bisection) return standing;
  // Both ends together, so that two workers have something to do.
  std::uint64_t last = first + size - 1;
  if (last != first) {
    const std::vector<std::uint64_t> more = WantedOfPoint(last);
    standing.wanted.insert(standing.wanted.end(), more.begin(), more.end());
  }
  if (!standing.wanted.empty()) return standing;
  if (!Holds(first, first)) {
    standing.threshold.first_failing = first;
    return standing;
  }
  if (Holds(last, first)) {
    standing.threshold.last_holding = last;
    return standing;
  }
  std::uint64_t holding = first;
  std::uint64_t failing = last;
  while (failing - holding > 1) {
    const std::uint64_t middle = holding + (failing - holding) / 2;
    standing.wanted = WantedOfPoint(middle);
    if (!standing.wanted.empty()) return standing;
    (Holds(middle, first) ? holding : failing) = middle;
  }
  standing.threshold.last_holding = holding;
  standing.threshold.first_failing = failing;
  return standing;
}

}  // namespace lockstep::sweep
