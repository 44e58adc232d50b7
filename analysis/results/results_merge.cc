// Joining what was run apart: see Merge in results.h.

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

#include "analysis/results/results.h"

namespace lockstep::analysis {
namespace {

// What tells two results of one run apart, speed left aside; empty where nothing does.
std::string Difference(const RunRow& a, const RunRow& b) {
  const auto differ = [](std::string_view what, std::string_view left, std::string_view right) {
    return absl::StrCat(std::string(what), " ", std::string(left), " and ", std::string(right));
  };
  const auto number = [](const std::optional<std::uint64_t>& value) {
    return value ? absl::StrCat(*value) : "none";
  };
  if (a.digest != b.digest) return differ("digests", a.digest, b.digest);
  if (a.outcome != b.outcome) return differ("outcomes", Name(a.outcome), Name(b.outcome));
  if (a.recipe != b.recipe) return differ("recipes", a.recipe, b.recipe);
  if (a.point != b.point) return differ("points", absl::StrCat(a.point), absl::StrCat(b.point));
  if (a.seed != b.seed) return differ("seeds", absl::StrCat(a.seed), absl::StrCat(b.seed));
  if (a.verdict != b.verdict) return differ("verdicts", a.verdict, b.verdict);
  if (a.events != b.events) return differ("events", number(a.events), number(b.events));
  if (a.error != b.error) return differ("errors", a.error, b.error);
  if (a.is_as_expected != b.is_as_expected || a.simulated_ps != b.simulated_ps ||
      a.oracles != b.oracles || a.receipts != b.receipts)
    return "other expectations, simulated time, oracles or receipts";
  for (const auto& [name, value] : a.metrics) {
    const auto other = b.metrics.find(name);
    if (other == b.metrics.end() || other->second != value)
      return differ(absl::StrCat("metrics ", name), absl::StrCat(value),
                    other == b.metrics.end() ? "none" : absl::StrCat(other->second));
  }
  return a.metrics.size() == b.metrics.size() ? "" : "other metrics";
}

absl::Status CheckSame(const ResultsHeader& into, const ResultsHeader& from,
                       const std::string& into_path, const std::string& from_path) {
  if (into.sweep != from.sweep)
    return absl::FailedPreconditionError(
        absl::StrCat(from_path, ": is of another sweep (\"", from.name, "\") than ", into_path,
                     " (\"", into.name, "\"), or its file was changed; merge shards of one sweep"));
  if (into.revision == from.revision) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      from_path, ": was made by lockstep ", from.revision, ", and ", into_path, " by ",
      into.revision, "; make all shards by one revision, or `compare` the two"));
}

absl::Status MergePoints(ResultsFile& into, const ResultsFile& from) {
  const auto ours = into.Points();
  if (!ours.ok()) return ours.status();
  const auto theirs = from.Points();
  if (!theirs.ok()) return theirs.status();
  std::map<std::uint64_t, const nlohmann::json*> known;
  for (const PointRow& point : *ours) known[point.point] = &point.parameters;
  for (const PointRow& point : *theirs) {
    const auto found = known.find(point.point);
    if (found == known.end()) {
      if (absl::Status added = into.Add(point); !added.ok()) return added;
    } else if (*found->second != point.parameters) {
      return absl::FailedPreconditionError(
          absl::StrCat(from.path(), ": point ", point.point, " is ", point.parameters.dump(),
                       ", but ", found->second->dump(), " in ", into.path()));
    }
  }
  return absl::OkStatus();
}

absl::Status MergeThresholds(ResultsFile& into, const ResultsFile& from) {
  auto ours = into.Thresholds();
  if (!ours.ok()) return ours.status();
  const auto theirs = from.Thresholds();
  if (!theirs.ok()) return theirs.status();
  std::map<std::uint64_t, ThresholdRow> all;
  for (const ThresholdRow& row : *ours) all.emplace(row.group, row);
  for (const ThresholdRow& row : *theirs) all.emplace(row.group, row);
  if (all.size() == ours->size()) return absl::OkStatus();
  std::vector<ThresholdRow> rows;
  for (const auto& [group, row] : all) rows.push_back(row);
  return into.SetThresholds(rows);
}

// One run of `from`.
absl::Status MergeRun(ResultsFile& into, const ResultsFile& from, const RunRow& run,
                      Merged& merged) {
  const absl::StatusOr<std::optional<RunRow>> known = into.FindRun(run.run);
  if (!known.ok()) return known.status();
  if (!known->has_value()) {
    ++merged.added;
    return into.Add(run);
  }
  const RunRow& ours = **known;
  if (IsByMachine(ours.outcome) && !IsByMachine(run.outcome)) {
    ++merged.added;
    return into.Replace(run);
  }
  ++merged.known;
  if (IsByMachine(run.outcome)) return absl::OkStatus();
  const std::string difference = Difference(ours, run);
  if (difference.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "run ", run.run, " has not the same result in ", into.path(), " (digest ", ours.digest,
      ") and in ", from.path(), " (digest ", run.digest, "): ", difference,
      "; one of the two machines or builds cannot be trusted: repeat that run on both"));
}

absl::Status MergeAll(ResultsFile& into, const ResultsFile& from, Merged& merged) {
  if (absl::Status points = MergePoints(into, from); !points.ok()) return points;
  absl::Status status;
  const absl::Status read = from.ForEachRun([&](const RunRow& run) {
    status = MergeRun(into, from, run, merged);
    return status.ok();
  });
  status.Update(read);
  if (status.ok()) status = MergeThresholds(into, from);
  const bool is_other_shard =
      into.header().shard != from.header().shard || into.header().shards != from.header().shards;
  if (status.ok() && is_other_shard && into.header().shards != 1) status = into.DeclareWhole();
  return status;
}

}  // namespace

absl::StatusOr<Merged> Merge(ResultsFile& into, const ResultsFile& from) {
  if (absl::Status same = CheckSame(into.header(), from.header(), into.path(), from.path());
      !same.ok())
    return same;
  // What the caller has added belongs to another transaction.
  if (absl::Status committed = into.Commit(); !committed.ok()) return committed;
  Merged merged;
  absl::Status done = MergeAll(into, from, merged);
  if (done.ok()) done = into.Commit();
  if (done.ok()) return merged;
  into.Rollback().IgnoreError();
  return done;
}

}  // namespace lockstep::analysis
