// Matching, counting and testing: see compare.h.

#include "analysis/results/compare.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/parameters/parameters.h"

namespace lockstep::analysis {
namespace {

using Numbers = std::map<std::string, double>;

struct IndexedPoint {
  nlohmann::json parameters;
  std::map<std::uint64_t, const RunRow*> runs;  // by seed
};

// A side by parameters.
struct Index {
  std::map<std::string, IndexedPoint> points;  // by canonical parameters
  std::vector<std::string> order;              // of the sweep
  std::uint64_t repeated_runs = 0;
};

// One text for equal parameters: names sorted, and 1.0 written as 1, since a range may make the one
// and a list the other.
std::string CanonicalText(const nlohmann::json& parameters) {
  constexpr double kExact = 9007199254740992;  // 2^53
  nlohmann::json canonical = parameters;
  for (auto& value : canonical) {
    if (!value.is_number_float()) continue;
    const double number = value.get<double>();
    if (std::abs(number) <= kExact && number == std::trunc(number)) {
      value = static_cast<std::int64_t>(number);
    }
  }
  return canonical.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

absl::StatusOr<Index> IndexOf(const Side& side) {
  Index index;
  std::map<std::uint64_t, IndexedPoint*> by_number;
  for (const PointRow& row : side.points) {
    const std::string text = CanonicalText(row.parameters);
    const auto [point, is_new] = index.points.try_emplace(text);
    if (is_new) {
      point->second.parameters = row.parameters;
      index.order.push_back(text);
    }
    by_number[row.point] = &point->second;
  }
  for (const RunRow& run : side.runs) {
    const auto point = by_number.find(run.point);
    if (point == by_number.end()) {
      return absl::InvalidArgumentError(absl::StrCat(side.name, ": run ", run.run, " is of point ",
                                                     run.point, ", which the file does not have; ",
                                                     "make the file again"));
    }
    if (!point->second->runs.try_emplace(run.seed, &run).second) ++index.repeated_runs;
  }
  return index;
}

// What can be compared of a run: its metrics, and the counts that have columns of their own.
// What is compared: `events` goes with the digest, and would be the same news again.
Numbers ComparedOf(const RunRow& run) {
  Numbers numbers = NumbersOf(run);
  numbers.erase("events");
  if (run.simulated_ps) numbers["simulated_ps"] = static_cast<double>(*run.simulated_ps);
  return numbers;
}

std::set<std::string> MetricNames(const Index& side) {
  std::set<std::string> names;
  for (const auto& [text, point] : side.points) {
    for (const auto& [seed, run] : point.runs) {
      for (const auto& [name, value] : ComparedOf(*run)) names.insert(name);
    }
  }
  return names;
}

// Whether both did the same; none where that cannot be told.
std::optional<bool> IsSameRun(const RunRow& a, const RunRow& b) {
  if (a.digest.empty() || b.digest.empty()) return std::nullopt;
  const bool is_cut = IsByMachine(a.outcome) || IsByMachine(b.outcome);
  if (is_cut && a.events != b.events) return std::nullopt;
  return a.digest == b.digest;
}

std::vector<OracleChange> OracleChanges(const RunRow& a, const RunRow& b) {
  std::vector<OracleChange> changes;
  if (!a.oracles.is_object() || !b.oracles.is_object()) return changes;
  const auto text = [](const nlohmann::json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
  };
  for (const auto& [name, from] : a.oracles.items()) {
    const auto to = b.oracles.find(name);
    if (to != b.oracles.end() && *to != from) changes.push_back({name, text(from), text(*to)});
  }
  return changes;
}

Judgement JudgementOf(const RunRow& run) {
  return {run.outcome, run.verdict, run.is_as_expected, run.error};
}

// What a double keeps of a sum depends on the order of its terms, which is no change of a metric.
bool IsBeyondRounding(double from, double to) {
  constexpr double kRounding = 1e-12;
  if (from == to) return false;
  return !(std::abs(to - from) <= kRounding * std::max(std::abs(from), std::abs(to)));
}

std::optional<double> RelativeChange(double from, double to) {
  if (from == 0) return std::nullopt;
  return (to - from) / std::abs(from);
}

// A change from nothing is greater than any share.
double SizeOf(const MetricChange& change) {
  return change.relative ? std::abs(*change.relative) : std::numeric_limits<double>::infinity();
}

std::optional<double> StandardErrors(const Mean& from, const Mean& to) {
  const double variance =
      from.variance / static_cast<double>(from.count) + to.variance / static_cast<double>(to.count);
  if (variance == 0) return std::nullopt;
  return std::abs(to.mean - from.mean) / std::sqrt(variance);
}

class Comparer {
 public:
  Comparer(const CompareOptions& options, Index a, Index b)
      : options_(options), a_(std::move(a)), b_(std::move(b)) {}

  absl::StatusOr<Comparison> Compare(const Side& a, const Side& b);

 private:
  // A metric at a point whose noise is known.
  struct Test {
    MetricChange change;
    double p;
  };

  void Describe(const Side& side, const Index& index, const Index& other, SideSummary& summary);
  absl::Status ChooseMetrics();
  void ComparePoint(std::size_t place, const IndexedPoint& a, const IndexedPoint& b);
  // True where they are known to be the same run.
  bool CompareRuns(RunKey key, const RunRow& a, const RunRow& b);
  void CompareVerdicts(RunKey key, const RunRow& a, const RunRow& b);
  void CompareNumbers(RunKey key, const RunRow& a, const RunRow& b);
  void CompareMeans(std::size_t place, const IndexedPoint& a, const IndexedPoint& b);
  void CompareMean(MetricChange change);
  void Time(const RunRow& a, const RunRow& b);
  void Conclude();

  // What each side did in `wall_us`, over the runs that both judged.
  struct Speed {
    double steps = 0;
    double wall_us = 0;
    std::optional<double> PerSecond() const {
      if (wall_us <= 0) return std::nullopt;
      return steps / wall_us * 1e6;
    }
  };

  CompareOptions options_;
  Index a_;
  Index b_;
  std::set<std::string> metrics_;
  std::vector<Test> tests_;
  Speed speed_a_;
  Speed speed_b_;
  Comparison result_;
};

absl::StatusOr<Comparison> Comparer::Compare(const Side& a, const Side& b) {
  Describe(a, a_, b_, result_.a);
  Describe(b, b_, a_, result_.b);
  result_.is_same_sweep = a.header.sweep == b.header.sweep;
  result_.alpha = options_.alpha;
  if (const absl::Status chosen = ChooseMetrics(); !chosen.ok()) return chosen;
  bool is_any = false;
  for (const std::string& text : a_.order) {
    const auto in_b = b_.points.find(text);
    if (in_b == b_.points.end()) continue;
    const IndexedPoint& in_a = a_.points.at(text);
    result_.points.push_back(in_a.parameters);
    is_any = is_any || (!in_a.runs.empty() && !in_b->second.runs.empty());
    ComparePoint(result_.points.size() - 1, in_a, in_b->second);
  }
  if (!is_any) {
    return absl::InvalidArgumentError(
        absl::StrCat("nothing to compare: no point has runs in both files. Parameters of ", a.name,
                     ": ", absl::StrJoin(a.header.parameters, ", "), " (", a.runs.size(),
                     " runs); of ", b.name, ": ", absl::StrJoin(b.header.parameters, ", "), " (",
                     b.runs.size(), " runs). Names and values must be equal for points to match"));
  }
  Conclude();
  return std::move(result_);
}

void Comparer::Describe(const Side& side, const Index& index, const Index& other,
                        SideSummary& summary) {
  summary.name = side.name;
  summary.sweep = side.header.name;
  summary.revision = side.header.revision;
  summary.parameters = side.header.parameters;
  summary.repeated_runs = index.repeated_runs;
  for (const std::string& text : index.order) {
    if (other.points.count(text) > 0) continue;
    summary.only_points.push_back(index.points.at(text).parameters);
  }
}

// A metric that one revision does not know is no change of any run: it is named once.
absl::Status Comparer::ChooseMetrics() {
  const std::set<std::string> in_a = MetricNames(a_);
  const std::set<std::string> in_b = MetricNames(b_);
  std::set_difference(in_a.begin(), in_a.end(), in_b.begin(), in_b.end(),
                      std::back_inserter(result_.a.only_metrics));
  std::set_difference(in_b.begin(), in_b.end(), in_a.begin(), in_a.end(),
                      std::back_inserter(result_.b.only_metrics));
  std::set<std::string> in_both;
  std::set_intersection(in_a.begin(), in_a.end(), in_b.begin(), in_b.end(),
                        std::inserter(in_both, in_both.end()));
  if (options_.metrics.empty()) {
    metrics_ = in_both;
    return absl::OkStatus();
  }
  for (const std::string& name : options_.metrics) {
    if (in_both.count(name) == 0) {
      const std::vector<std::string> known(in_both.begin(), in_both.end());
      const std::optional<std::string> nearest = Nearest(name, known);
      return absl::InvalidArgumentError(
          absl::StrCat("no metric \"", name, "\" in both files",
                       nearest ? absl::StrCat(" (did you mean \"", *nearest, "\"?)") : "",
                       "; both have: ", absl::StrJoin(known, ", ")));
    }
    metrics_.insert(name);
  }
  return absl::OkStatus();
}

// Where every run that both have is the same run, nothing can have moved: seeds that only one side
// has are more of the same.
void Comparer::ComparePoint(std::size_t place, const IndexedPoint& a, const IndexedPoint& b) {
  std::uint64_t both = 0;
  std::uint64_t same = 0;
  for (const auto& [seed, run] : a.runs) {
    const auto other = b.runs.find(seed);
    if (other == b.runs.end()) continue;
    ++both;
    if (CompareRuns({place, seed}, *run, *other->second)) ++same;
  }
  result_.runs += both;
  result_.a.only_runs += a.runs.size() - both;
  result_.b.only_runs += b.runs.size() - both;
  if (both == 0 || same < both) CompareMeans(place, a, b);
}

bool Comparer::CompareRuns(RunKey key, const RunRow& a, const RunRow& b) {
  const std::optional<bool> is_same = IsSameRun(a, b);
  if (!is_same) {
    ++result_.unknown_digests;
  } else if (*is_same) {
    ++result_.equal_digests;
  } else {
    result_.digests.push_back({key, a.recipe == b.recipe});
  }
  CompareVerdicts(key, a, b);
  const bool are_judged = a.outcome == Outcome::kJudged && b.outcome == Outcome::kJudged;
  if (are_judged) Time(a, b);
  if (are_judged && is_same == true) CompareNumbers(key, a, b);
  return is_same == true;
}

// A run that met a limit of its machine on one side only is listed as changed: it may be a slow
// machine, but just as well a run that no longer ends, which must not go unseen.
void Comparer::CompareVerdicts(RunKey key, const RunRow& a, const RunRow& b) {
  std::vector<OracleChange> oracles = OracleChanges(a, b);
  const bool is_same = a.outcome == b.outcome && a.verdict == b.verdict &&
                       a.is_as_expected == b.is_as_expected && oracles.empty();
  if (is_same) return;
  result_.verdicts.push_back({key, a.recipe == b.recipe, IsSameRun(a, b) == true, JudgementOf(a),
                              JudgementOf(b), std::move(oracles)});
}

void Comparer::CompareNumbers(RunKey key, const RunRow& a, const RunRow& b) {
  const Numbers from = ComparedOf(a);
  const Numbers to = ComparedOf(b);
  for (const std::string& metric : metrics_) {
    const auto in_a = from.find(metric);
    const auto in_b = to.find(metric);
    const bool is_in_a = in_a != from.end();
    const bool is_in_b = in_b != to.end();
    if (!is_in_a && !is_in_b) continue;
    if (is_in_a && is_in_b && !IsBeyondRounding(in_a->second, in_b->second)) continue;
    OtherNumber other{key, metric, std::nullopt, std::nullopt};
    if (is_in_a) other.from = in_a->second;
    if (is_in_b) other.to = in_b->second;
    result_.other_numbers.push_back(std::move(other));
  }
}

void Comparer::CompareMeans(std::size_t place, const IndexedPoint& a, const IndexedPoint& b) {
  const auto samples = [this](const IndexedPoint& point) {
    std::map<std::string, std::vector<double>> values;
    for (const auto& [seed, run] : point.runs) {
      if (run->outcome != Outcome::kJudged) continue;  // What was cut short is no such sample.
      for (const auto& [name, value] : ComparedOf(*run)) {
        if (metrics_.count(name) > 0) values[name].push_back(value);
      }
    }
    return values;
  };
  std::map<std::string, std::vector<double>> from = samples(a);
  std::map<std::string, std::vector<double>> to = samples(b);
  for (const std::string& metric : metrics_) {
    MetricChange change;
    change.point = place;
    change.metric = metric;
    change.from = MeanOf(from[metric]);
    change.to = MeanOf(to[metric]);
    if (change.from.count > 0 || change.to.count > 0) CompareMean(std::move(change));
  }
}

void Comparer::CompareMean(MetricChange change) {
  if (change.from.count == 0 || change.to.count == 0) {
    result_.one_sided.push_back(std::move(change));
    return;
  }
  const bool is_changed = IsBeyondRounding(change.from.mean, change.to.mean);
  change.relative = RelativeChange(change.from.mean, change.to.mean);
  const std::optional<double> p = WelchP(change.from, change.to);
  if (!p) {
    if (is_changed) result_.unknown_noise.push_back(std::move(change));
    return;
  }
  change.standard_errors = StandardErrors(change.from, change.to);
  if (change.standard_errors) {
    tests_.push_back({std::move(change), *p});
  } else if (is_changed) {
    result_.moved.push_back(std::move(change));
  }
}

void Comparer::Time(const RunRow& a, const RunRow& b) {
  if (!a.steps || !b.steps) return;
  speed_a_.steps += static_cast<double>(*a.steps);
  speed_a_.wall_us += static_cast<double>(a.wall_us);
  speed_b_.steps += static_cast<double>(*b.steps);
  speed_b_.wall_us += static_cast<double>(b.wall_us);
}

void Comparer::Conclude() {
  std::vector<double> p;
  for (const Test& test : tests_) p.push_back(test.p);
  const std::vector<double> adjusted = HolmAdjusted(p);
  for (std::size_t i = 0; i < tests_.size(); ++i) {
    if (adjusted[i] > options_.alpha) continue;
    MetricChange& change = tests_[i].change;
    if (!IsBeyondRounding(change.from.mean, change.to.mean)) continue;
    change.p = adjusted[i];
    result_.moved.push_back(std::move(change));
  }
  result_.tests = tests_.size();
  result_.a.steps_per_s = speed_a_.PerSecond();
  result_.b.steps_per_s = speed_b_.PerSecond();
  std::stable_sort(result_.moved.begin(), result_.moved.end(),
                   [](const MetricChange& x, const MetricChange& y) {
                     constexpr double kNoNoise = std::numeric_limits<double>::infinity();
                     const double of_x = x.standard_errors.value_or(kNoNoise);
                     const double of_y = y.standard_errors.value_or(kNoNoise);
                     return of_x != of_y ? of_x > of_y : SizeOf(x) > SizeOf(y);
                   });
  std::stable_sort(
      result_.unknown_noise.begin(), result_.unknown_noise.end(),
      [](const MetricChange& x, const MetricChange& y) { return SizeOf(x) > SizeOf(y); });
  std::stable_partition(
      result_.verdicts.begin(), result_.verdicts.end(),
      [](const VerdictChange& x) { return x.from.is_as_expected && !x.to.is_as_expected; });
}

}  // namespace

absl::StatusOr<Side> ReadSide(const ResultsFile& file) {
  Side side;
  side.name = file.path();
  side.header = file.header();
  absl::StatusOr<std::vector<PointRow>> points = file.Points();
  if (!points.ok()) return points.status();
  side.points = *std::move(points);
  const absl::Status read = file.ForEachRun([&](const RunRow& run) {
    side.runs.push_back(run);
    side.runs.back().receipts = nullptr;
    return true;
  });
  if (!read.ok()) return read;
  return side;
}

std::uint64_t Comparison::DigestsOfSameRecipe() const {
  return static_cast<std::uint64_t>(
      std::count_if(digests.begin(), digests.end(),
                    [](const DigestChange& digest) { return digest.is_same_recipe; }));
}

bool Comparison::Differs() const {
  return DigestsOfSameRecipe() > 0 || !verdicts.empty() || !other_numbers.empty() || !moved.empty();
}

absl::StatusOr<Comparison> Compare(const Side& a, const Side& b, const CompareOptions& options) {
  if (!(options.alpha > 0 && options.alpha < 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("alpha is ", options.alpha, "; want more than 0 and less than 1"));
  }
  absl::StatusOr<Index> of_a = IndexOf(a);
  if (!of_a.ok()) return of_a.status();
  absl::StatusOr<Index> of_b = IndexOf(b);
  if (!of_b.ok()) return of_b.status();
  return Comparer(options, *std::move(of_a), *std::move(of_b)).Compare(a, b);
}

}  // namespace lockstep::analysis
