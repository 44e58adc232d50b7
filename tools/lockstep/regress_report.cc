// What regressions came to: see regress_report.h.

#include "tools/lockstep/regress_report.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "tools/lockstep/junit.h"
#include "tools/lockstep/program_name.h"
#include "tools/lockstep/shell_word.h"

namespace lockstep::cli {
namespace {

constexpr std::array<std::string_view, 3> kSeedKinds = {"named", "again", "fresh"};

std::string RunName(const RegressionRun& run) {
  switch (run.kind) {
    case SeedKind::kNamed:
      return absl::StrCat("seed ", run.seed);
    case SeedKind::kAgain:
      return absl::StrCat("seed ", run.seed, " again");
    case SeedKind::kFresh:
      break;
  }
  return absl::StrCat("fresh seed ", run.seed);
}

// How to look at a run that did not pass.
std::string CommandOf(const Regression& regression, const RegressionRun& run, Fate fate) {
  const bool is_violated = run.is_done && !run.judged.objections.empty();
  const char* const command = is_violated && fate != Fate::kNondeterministic ? "replay" : "run";
  return absl::StrCat(ProgramAsCalled(), " ", command, " ", ShellWord(regression.path), " --seed ",
                      run.seed);
}

bool ShowsNothing(const RegressionRun& run, Fate fate) {
  return run.kind == SeedKind::kFresh && (fate == Fate::kUnknown || fate == Fate::kNotExercised);
}

struct Done {
  std::size_t runs = 0;
  std::size_t idle = 0;  // fresh ones that show nothing
};
Done DoneOf(const Regression& regression) {
  Done done;
  for (const RegressionRun& run : regression.runs) {
    if (run.is_done) ++done.runs;
    if (ShowsNothing(run, FateOf(regression, run))) ++done.idle;
  }
  return done;
}

std::map<Fate, std::size_t> FatesOf(const std::vector<Regression>& regressions) {
  std::map<Fate, std::size_t> fates;
  for (const Regression& regression : regressions) ++fates[FateOf(regression)];
  return fates;
}

std::string RowsBelow(const Regression& regression) {
  if (!regression.error.empty()) return absl::StrCat("    ", regression.error, "\n");
  std::string text;
  for (const RegressionRun& run : regression.runs) {
    const Fate fate = FateOf(regression, run);
    if (fate == Fate::kPassed || fate == Fate::kNotRun || ShowsNothing(run, fate)) continue;
    absl::StrAppend(&text, "    ", RunName(run), ": ", TextOf(regression, run), "\n      ",
                    CommandOf(regression, run, fate), "\n");
  }
  return text;
}

JUnitCase CaseOf(const Regression& regression, const RegressionRun& run) {
  JUnitCase one;
  one.name = RunName(run);
  one.seconds = run.wall_s;
  const Fate fate = FateOf(regression, run);
  if (fate == Fate::kPassed) return one;
  one.outcome = JUnitOutcome::kFailure;
  if (fate == Fate::kHarness) one.outcome = JUnitOutcome::kError;
  if (fate == Fate::kNotRun || ShowsNothing(run, fate)) one.outcome = JUnitOutcome::kSkipped;
  one.type = std::string(Name(fate));
  one.message = TextOf(regression, run);
  one.details = CommandOf(regression, run, fate);
  return one;
}

}  // namespace

std::string RegressTable(const std::vector<Regression>& regressions, const RegressTotals& totals) {
  std::size_t width = std::string_view("scenario").size();
  for (const Regression& regression : regressions) width = std::max(width, regression.path.size());
  const int columns = static_cast<int>(width);
  std::string text = absl::StrFormat("%-*s %5s  %s\n", columns, "scenario", "runs", "result");
  std::size_t runs = 0;
  for (const Regression& regression : regressions) {
    const Done done = DoneOf(regression);
    runs += done.runs;
    absl::StrAppendFormat(&text, "%-*s %5d  %s%s\n%s", columns, regression.path, done.runs,
                          Name(FateOf(regression)),
                          done.idle == 0 ? "" : absl::StrCat(" (", done.idle, " show nothing)"),
                          RowsBelow(regression));
  }
  std::vector<std::string> fates;
  for (const auto& [fate, count] : FatesOf(regressions))
    fates.push_back(absl::StrCat(count, " ", std::string(Name(fate))));
  absl::StrAppendFormat(&text, "%d scenario%s, %d runs in %.1f s: %s\n", regressions.size(),
                        regressions.size() == 1 ? "" : "s", runs, totals.seconds,
                        absl::StrJoin(fates, ", "));
  return text;
}

nlohmann::json RegressJson(const std::vector<Regression>& regressions,
                           const RegressTotals& totals) {
  nlohmann::json scenarios = nlohmann::json::array();
  std::size_t runs_asked = 0;
  std::size_t runs_made = 0;
  for (const Regression& regression : regressions) {
    nlohmann::json runs = nlohmann::json::array();
    for (const RegressionRun& run : regression.runs) {
      const Fate fate = FateOf(regression, run);
      nlohmann::json row = {{"seed", run.seed},
                            {"kind", kSeedKinds[static_cast<std::size_t>(run.kind)]},
                            {"fate", std::string(Name(fate))}};
      if (fate != Fate::kPassed) row["text"] = TextOf(regression, run);
      if (run.is_done) {
        row["wall_s"] = run.wall_s;
        row["command"] = CommandOf(regression, run, fate);
      }
      if (run.is_done && run.judged.error.empty()) {
        row["verdict"] = std::string(analysis::Name(run.judged.verdict));
        row["digest"] = run.judged.digest;
        row["events"] = run.judged.events;
      }
      runs.push_back(std::move(row));
    }
    runs_asked += regression.runs.size();
    runs_made += DoneOf(regression).runs;
    nlohmann::json row = {{"scenario", regression.path},
                          {"fate", std::string(Name(FateOf(regression)))},
                          {"runs", std::move(runs)}};
    if (regression.error.empty()) {
      row["expected"] = std::string(analysis::Name(regression.expect.verdict));
    } else {
      row["error"] = regression.error;
    }
    scenarios.push_back(std::move(row));
  }
  nlohmann::json fates = nlohmann::json::object();
  for (const auto& [fate, count] : FatesOf(regressions)) fates[std::string(Name(fate))] = count;
  return {{"scenarios", std::move(scenarios)},
          {"fates", std::move(fates)},
          {"runs", runs_asked},
          {"runs_made", runs_made},
          {"seconds", totals.seconds},
          {"interrupted", totals.is_interrupted}};
}

std::string RegressJUnit(const std::vector<Regression>& regressions) {
  std::vector<JUnitSuite> suites;
  for (const Regression& regression : regressions) {
    JUnitSuite suite{regression.path, {}};
    if (!regression.error.empty()) {
      suite.cases.push_back({"is read", 0, JUnitOutcome::kError, std::string(Name(Fate::kHarness)),
                             regression.error, ""});
    }
    for (const RegressionRun& run : regression.runs) suite.cases.push_back(CaseOf(regression, run));
    suites.push_back(std::move(suite));
  }
  return JUnitXml("lockstep regress", suites);
}

}  // namespace lockstep::cli
