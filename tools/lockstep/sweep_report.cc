// What a sweep came to: see sweep_report.h.

#include "tools/lockstep/sweep_report.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"

#include "analysis/measurement.h"
#include "tools/lockstep/program_name.h"
#include "tools/lockstep/quantity.h"
#include "tools/lockstep/shell_word.h"
#include "tools/lockstep/sweep_progress.h"

namespace lockstep::cli {
namespace {

using analysis::Outcome;
using nlohmann::json;

// Of what may be many, so many are shown.
constexpr std::size_t kShown = 5;

std::string Sampled(const sweep::Plan& plan) {
  switch (plan.sweep().sampling) {
    case sweep::Sampling::kGrid:
      return plan.sweep().bisection ? "a grid with one axis bisected" : "a grid";
    case sweep::Sampling::kZip:
      return "axes in step";
    case sweep::Sampling::kRandom:
      return "a random sample";
    case sweep::Sampling::kLatinHypercube:
      return "a Latin hypercube";
  }
  return "";
}

std::string Where(const sweep::Plan& plan, std::uint64_t point) {
  return sweep::Describe(plan.At(point));
}

// Runs that were not judged, by kind, with the errors of the first few.
std::string Failures(const sweep::Plan& plan, const analysis::ResultsFile& file) {
  std::map<Outcome, std::vector<std::string>> lines;
  const absl::Status status = file.ForEachRun([&](const analysis::RunRow& row) {
    if (row.outcome == Outcome::kJudged) return true;
    std::vector<std::string>& of = lines[row.outcome];
    if (of.size() < kShown) {
      of.push_back(absl::StrCat("    run ", row.run, " (", Where(plan, row.point),
                                " seed=", row.seed, "): ", row.error, "\n"));
    }
    return true;
  });
  if (!status.ok()) return absl::StrCat("  ", status.message(), "\n");
  std::string text;
  for (const auto& [outcome, of] : lines)
    absl::StrAppend(&text, "  ", std::string(analysis::Name(outcome)), ", first of them:\n",
                    absl::StrJoin(of, ""));
  return text;
}

std::string Unexpected(const sweep::Plan& plan, const analysis::ResultsFile& file) {
  std::string text;
  std::size_t shown = 0;
  const absl::Status status = file.ForEachRun([&](const analysis::RunRow& row) {
    if (row.outcome != Outcome::kJudged || row.is_as_expected) return true;
    absl::StrAppend(&text, "    run ", row.run, " (", Where(plan, row.point), " seed=", row.seed,
                    "): ", row.verdict, "\n");
    return ++shown < kShown;
  });
  if (!status.ok()) return absl::StrCat("  ", status.message(), "\n");
  return text;
}

analysis::RemarksOfMany RemarksOf(const analysis::ResultsFile& file) {
  analysis::RemarksOfMany remarks;
  // Runs that cannot be read have been told of.
  file.ForEachRun([&](const analysis::RunRow& row) {
        remarks.Add(analysis::MeasuredForOf(row.metrics));
        return true;
      })
      .IgnoreError();
  return remarks;
}

std::string Thresholds(const sweep::Plan& plan, const analysis::ResultsFile& file) {
  if (!plan.sweep().bisection) return "";
  const auto rows = file.Thresholds();
  if (!rows.ok()) return absl::StrCat("  ", rows.status().message(), "\n");
  std::string text = absl::StrCat("  ", plan.sweep().bisection->holds.text(), ":\n");
  for (const analysis::ThresholdRow& row : *rows) {
    const auto shown = [&](const char* what, const std::optional<std::uint64_t>& point) {
      return point ? absl::StrCat(what, Where(plan, *point)) : std::string();
    };
    const std::string holds = shown("last at ", row.last_holding);
    const std::string fails = shown("no more at ", row.first_failing);
    const char* const between = holds.empty() || fails.empty() ? "" : ", ";
    absl::StrAppend(&text, "    ", holds, between, fails,
                    holds.empty()   ? ", its first value"
                    : fails.empty() ? ", its last value"
                                    : "",
                    "\n");
  }
  return text;
}

json ThresholdsJson(const sweep::Plan& plan, const analysis::ResultsFile& file) {
  json list = json::array();
  const auto rows = file.Thresholds();
  if (!rows.ok()) return list;
  const auto shown = [&](const std::optional<std::uint64_t>& point) {
    return point ? json{{"point", *point}, {"where", Where(plan, *point)}} : json();
  };
  for (const analysis::ThresholdRow& row : *rows)
    list.push_back({{"group", row.group},
                    {"last_holding", shown(row.last_holding)},
                    {"first_failing", shown(row.first_failing)}});
  return list;
}

// Names of files may be any bytes, which JSON refuses.
std::string Dump(const json& report) {
  return report.dump(2, ' ', false, json::error_handler_t::replace);
}

json Outcomes(const sweep::Tally& tally) {
  json outcomes = json::object();
  for (const auto& [outcome, count] : tally.outcomes)
    outcomes[std::string(analysis::Name(outcome))] = count;
  return outcomes;
}

}  // namespace

std::string UnmetReport(const std::vector<sweep::Unmet>& unmet) {
  if (unmet.empty()) return "";
  std::string text = absl::StrCat("  expected, but not met: ", unmet.size(), "\n");
  for (std::size_t i = 0; i < std::min(unmet.size(), 2 * kShown); ++i)
    absl::StrAppend(&text, "    ", unmet[i].where, ": ", unmet[i].that, "; ", unmet[i].found,
                    unmet[i].why.empty() ? "" : absl::StrCat(" (", unmet[i].why, ")"), "\n");
  return text;
}

std::string DryReport(const sweep::Plan& plan, const DryRun& dry, bool as_json) {
  const auto& refused = dry.refused;
  if (as_json) {
    json report = {{"name", plan.sweep().name},  {"points", plan.points()},
                   {"filtered", plan.refused()}, {"runs_max", dry.runs_max},
                   {"tried", dry.tried},         {"refused", json::array()}};
    if (dry.estimate) report["estimate"] = ToJson(*dry.estimate);
    for (const auto& [point, why] : refused)
      report["refused"].push_back({{"point", point}, {"where", Where(plan, point)}, {"why", why}});
    return Dump(report) + "\n";
  }
  std::string text =
      absl::StrCat(plan.sweep().name, ": ", Sampled(plan), " of ", plan.points(), " points (",
                   plan.refused(), " more are filtered out), ", dry.runs_max, " runs at most\n");
  const std::uint64_t shown = std::min<std::uint64_t>(plan.points(), kShown);
  for (std::uint64_t i = 0; i < shown; ++i)
    absl::StrAppend(&text, "  point ", i, ": ", Where(plan, i), "\n");
  if (plan.points() > shown) absl::StrAppend(&text, "  ...\n");
  absl::StrAppend(&text, "  of ", dry.tried, " points that were tried, ", refused.size(),
                  " would be refused\n");
  for (std::size_t i = 0; i < std::min(refused.size(), kShown); ++i)
    absl::StrAppend(&text, "    point ", refused[i].first, " (", Where(plan, refused[i].first),
                    "): ", refused[i].second, "\n");
  if (dry.estimate) text += ToText(*dry.estimate);
  return text;
}

std::string SweepReport(const sweep::Plan& plan, const sweep::Tally& tally,
                        const std::vector<sweep::Unmet>& unmet, const analysis::ResultsFile& file,
                        double seconds) {
  std::string text = absl::StrFormat(
      "%s: %d runs of %d points made in %s (%s/s), %d were there\n", plan.sweep().name, tally.done,
      plan.points(), LongTime(seconds),
      ShortNumber(static_cast<double>(tally.done) / std::max(seconds, 1e-9)), tally.earlier);
  if (tally.is_interrupted)
    absl::StrAppend(&text, "  interrupted, with ", tally.runs_max - tally.done - tally.earlier,
                    " runs left at most; --resume goes on\n");
  std::vector<std::string> outcomes;
  for (const auto& [outcome, count] : tally.outcomes)
    outcomes.push_back(absl::StrCat(count, " ", std::string(analysis::Name(outcome))));
  absl::StrAppend(&text, "  ", absl::StrJoin(outcomes, ", "), "\n", Failures(plan, file));
  if (!tally.unexpected.empty())
    absl::StrAppend(&text, "  not as expected: ",
                    absl::StrJoin(tally.unexpected, ", ", absl::PairFormatter(" ")), "\n",
                    Unexpected(plan, file));
  for (const auto& [runs, remark] : RemarksOf(file).All())
    absl::StrAppend(&text, "  remark on ", runs, " runs, the worst: ", remark, "\n");
  return absl::StrCat(text, UnmetReport(unmet), Thresholds(plan, file),
                      "  results: ", ProgramAsCalled(), " results ", ShellWord(file.path()));
}

std::string SweepJson(const sweep::Plan& plan, const sweep::Tally& tally,
                      const std::vector<sweep::Unmet>& unmet, const analysis::ResultsFile& file,
                      double seconds) {
  json report = {{"name", plan.sweep().name},
                 {"file", file.path()},
                 {"points", plan.points()},
                 {"runs_max", tally.runs_max},
                 {"earlier", tally.earlier},
                 {"done", tally.done},
                 {"outcomes", Outcomes(tally)},
                 {"failed", tally.failed()},
                 {"unexpected", tally.unexpected},
                 {"interrupted", tally.is_interrupted},
                 {"seconds", seconds},
                 {"unmet", json::array()}};
  for (const sweep::Unmet& one : unmet) report["unmet"].push_back(ToJson(one));
  for (const auto& [runs, remark] : RemarksOf(file).All())
    report["remarks"].push_back({{"runs", runs}, {"worst", remark}});
  if (plan.sweep().bisection) report["thresholds"] = ThresholdsJson(plan, file);
  return Dump(report);
}

}  // namespace lockstep::cli
