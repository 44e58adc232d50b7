// Expectations of a sweep: see findings.h.

#include "tools/sweep/findings.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "analysis/results/statistics.h"

namespace lockstep::sweep {
namespace {

using analysis::RunRow;

// What the runs of one point came to.
class Gathered {
 public:
  void Add(const RunRow& row) {
    if (row.outcome != analysis::Outcome::kJudged) return;
    for (const auto& [name, value] : analysis::NumbersOf(row)) values_[name].push_back(value);
  }
  std::optional<Value> Mean(std::string_view name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return std::nullopt;
    return analysis::MeanOf(found->second).mean;
  }

 private:
  std::map<std::string, std::vector<double>, std::less<>> values_;
};

// The metrics that the formula asks for, as they are.
std::string Found(const Expression& that, const Gathered& gathered) {
  std::vector<std::string> found;
  for (const std::string& name : that.names())
    if (const std::optional<Value> mean = gathered.Mean(name))
      found.push_back(absl::StrCat(name, "=", std::get<double>(*mean)));
  return absl::StrJoin(found, " ");
}

// Judges one point that was run.
void JudgePoint(const Plan& plan, const Point& point, const Gathered& gathered,
                std::vector<Unmet>& unmet) {
  const Lookup settings = LookupIn(point);
  const Lookup all = [&](std::string_view name) -> std::optional<Value> {
    if (std::optional<Value> mean = gathered.Mean(name)) return mean;
    return settings(name);
  };
  for (const Expectation& expectation : plan.sweep().expect) {
    if (!expectation.that) continue;
    const absl::StatusOr<bool> applies = Applies(expectation, settings);
    if (applies.ok() && !*applies) continue;
    const absl::StatusOr<bool> holds = applies.ok() ? expectation.that->Holds(all) : applies;
    if (holds.ok() && *holds) continue;
    unmet.push_back(
        {point.index, Describe(point), expectation.that->text(), expectation.why,
         holds.ok() ? Found(*expectation.that, gathered) : std::string(holds.status().message())});
  }
}

// A number that is to be recorded, and that no run had, is a pointer that leads nowhere.
void FindUnrecorded(const Sweep& sweep, const std::set<std::string>& recorded,
                    std::vector<Unmet>& unmet) {
  for (const auto& [name, pointer] : sweep.record) {
    if (recorded.contains(name)) continue;
    unmet.push_back({0, "every point", absl::StrCat("record of ", name), "",
                     absl::StrCat(pointer,
                                  " leads to no number in the summary of any run, which "
                                  "`run --json` prints")});
  }
}

}  // namespace

absl::StatusOr<bool> Applies(const Expectation& expectation, const Lookup& settings) {
  if (!expectation.when) return true;
  return expectation.when->Holds(settings);
}

bool IsAsExpected(const Sweep& sweep, const Point& point, const RunRow& row) {
  if (row.outcome != analysis::Outcome::kJudged) return false;
  const Lookup settings = LookupIn(point);
  bool is_said = false;
  bool is_met = true;
  for (const Expectation& expectation : sweep.expect) {
    const std::vector<std::string>& verdicts = expectation.verdicts;
    if (verdicts.empty()) continue;
    const absl::StatusOr<bool> applies = Applies(expectation, settings);
    if (applies.ok() && !*applies) continue;
    is_said = true;
    is_met &= applies.ok() && std::count(verdicts.begin(), verdicts.end(), row.verdict) > 0;
  }
  return is_said ? is_met : row.is_as_expected;
}

nlohmann::json ToJson(const Unmet& unmet) {
  nlohmann::json row = {
      {"point", unmet.point}, {"where", unmet.where}, {"that", unmet.that}, {"found", unmet.found}};
  if (!unmet.why.empty()) row["why"] = unmet.why;
  return row;
}

absl::StatusOr<std::vector<Unmet>> FindUnmet(const Plan& plan, const analysis::ResultsFile& file) {
  std::vector<Unmet> unmet;
  std::optional<std::uint64_t> point;
  Gathered gathered;
  bool is_any_judged = false;
  std::set<std::string> recorded;  // of what is to be recorded, what some run had
  const auto finish = [&] {
    if (point) JudgePoint(plan, plan.At(*point), gathered, unmet);
    gathered = {};
  };
  // Runs come in order, so those of a point stand together.
  const absl::Status status = file.ForEachRun([&](const RunRow& row) {
    if (point != row.point) finish();
    point = row.point;
    gathered.Add(row);
    is_any_judged |= row.outcome == analysis::Outcome::kJudged;
    for (const auto& [name, place] : plan.sweep().record)
      if (row.metrics.count(name) > 0) recorded.insert(name);
    return true;
  });
  if (!status.ok()) return status;
  finish();
  if (is_any_judged) FindUnrecorded(plan.sweep(), recorded, unmet);
  return unmet;
}

std::string Describe(const Point& point) {
  return absl::StrJoin(point.settings, " ", [](std::string* out, const Setting& setting) {
    const nlohmann::json& shown = setting.shown;
    absl::StrAppend(out, setting.name, "=",
                    shown.is_string() ? shown.get<std::string>() : shown.dump());
  });
}

}  // namespace lockstep::sweep
