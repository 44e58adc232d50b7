// Scenarios as regression tests: see regression.h.

#include "tools/lockstep/regression.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/parameters/parameters.h"
#include "sim/scenario/name_search.h"
#include "tools/lockstep/runner.h"

namespace lockstep::cli {
namespace {

using analysis::Verdict;

const JudgedRun* NamedRunOf(const Regression& regression) {
  const bool is_there = !regression.runs.empty() && regression.runs[0].is_done;
  return is_there ? &regression.runs[0].judged : nullptr;
}

// That nobody objects to a fresh run who was not to be expected.
bool IsViolatedAsExpected(const Regression& regression, const JudgedRun& run) {
  if (regression.expect.verdict != Verdict::kViolated) return false;
  const JudgedRun* const named = NamedRunOf(regression);
  return std::ranges::all_of(run.objections, [&](const Objection& objection) {
    if (objection.oracle == regression.expect.oracle) return true;
    return named != nullptr && std::ranges::any_of(named->objections, [&](const Objection& other) {
             return other.oracle == objection.oracle;
           });
  });
}

Fate FateOfViolation(const JudgedRun& run) {
  const bool is_liveness = std::ranges::all_of(run.objections, &Objection::is_liveness);
  return is_liveness ? Fate::kLiveness : Fate::kSafety;
}

// Of a run whose verdict is not what was expected.
Fate FateOfVerdict(const JudgedRun& run) {
  switch (run.verdict) {
    case Verdict::kViolated:
      return FateOfViolation(run);
    case Verdict::kUnknown:
      return Fate::kUnknown;
    case Verdict::kHolds:
      return Fate::kHeld;
    case Verdict::kNotExercised:
    case Verdict::kNotJudged:
      break;
  }
  return Fate::kNotExercised;
}

Fate FateOfFresh(const Regression& regression, const JudgedRun& run) {
  if (run.verdict == Verdict::kHolds) return Fate::kPassed;
  const bool is_expected = run.verdict == Verdict::kViolated ? IsViolatedAsExpected(regression, run)
                                                             : run.is_as_expected;
  return is_expected ? Fate::kPassed : FateOfVerdict(run);
}

bool IsSame(const JudgedRun& a, const JudgedRun& b) {
  return a.digest == b.digest && a.events == b.events && a.verdict == b.verdict &&
         a.objections == b.objections;
}

bool IsScenario(const std::filesystem::path& path) {
  if (path.extension() != ".json") return false;
  const auto document = ReadJsonFile(path.string());
  // What cannot be read is no secret: its row says why.
  return !document.ok() || (document->is_object() && document->contains("lockstep"));
}

absl::StatusOr<std::vector<std::string>> ScenariosBelow(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator at(folder, error), end; at != end;
       at.increment(error)) {
    std::error_code ignored;
    if (at->is_regular_file(ignored) && IsScenario(at->path()))
      files.push_back(at->path().string());
    if (error) break;
  }
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat(folder, ": cannot be read"));
  if (files.empty())
    return absl::NotFoundError(
        absl::StrCat(folder, ": has no scenario: no .json file with \"lockstep\" at its top"));
  std::ranges::sort(files);
  return files;
}

}  // namespace

ExitCode CodeOf(Fate fate) {
  switch (fate) {
    case Fate::kSafety:
      return kViolated;
    case Fate::kNondeterministic:
      return kNotDeterministic;
    case Fate::kHarness:
      return kRunsFailed;
    case Fate::kLiveness:
      return kLivenessViolated;
    case Fate::kHeld:
      return kHeldUnexpectedly;
    case Fate::kUnknown:
      return kUnknown;
    case Fate::kNotExercised:
      return kNotExercised;
    case Fate::kNotRun:
      return kInterrupted;
    case Fate::kPassed:
      return kAsExpected;
  }
  return kInternalError;
}

Regression ReadRegression(const std::string& path, std::uint64_t fresh, std::uint64_t seed,
                          const Additions& own) {
  Regression regression;
  regression.path = path;
  absl::StatusOr<nlohmann::json> document = ReadJsonFile(path);
  absl::Status status = document.status();
  if (status.ok()) {
    regression.document = *std::move(document);
    const auto prepared = PrepareDocument(regression.document, path, {}, own);
    status = prepared.status();
    if (status.ok()) {
      const std::uint64_t named = prepared->scenario.seed;
      regression.expect = prepared->recipe.expect;
      regression.runs = {{named, SeedKind::kNamed, false, {}, 0},
                         {named, SeedKind::kAgain, false, {}, 0}};
      for (std::uint64_t s = seed; regression.runs.size() < fresh + 2; ++s)
        if (s != named) regression.runs.push_back({s, SeedKind::kFresh, false, {}, 0});
    }
  }
  if (!status.ok()) regression.error = std::string(status.message());
  return regression;
}

absl::StatusOr<std::vector<std::string>> FindScenarios(const std::vector<std::string>& given) {
  std::vector<std::string> files;
  for (const std::string& name : given) {
    const std::string folder = sim::FindGivenFolder(name);
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder, ignored)) {
      files.push_back(sim::FindGiven(name));
      if (!std::filesystem::exists(files.back(), ignored))
        return absl::NotFoundError(absl::StrCat(name, ": there is no such folder or scenario"));
      continue;
    }
    const auto below = ScenariosBelow(folder);
    if (!below.ok()) return below.status();
    files.insert(files.end(), below->begin(), below->end());
  }
  return files;
}

Fate FateOf(const Regression& regression, const RegressionRun& run) {
  if (!run.is_done) return Fate::kNotRun;
  if (!run.judged.error.empty()) return Fate::kHarness;
  if (run.kind == SeedKind::kAgain) {
    const JudgedRun* const named = NamedRunOf(regression);
    if (named == nullptr || !named->error.empty()) return Fate::kNotRun;
    return IsSame(*named, run.judged) ? Fate::kPassed : Fate::kNondeterministic;
  }
  // What it was judged before it stood still counts more.
  if (!run.judged.failure.empty())
    return run.judged.verdict == Verdict::kViolated ? FateOfViolation(run.judged) : Fate::kLiveness;
  if (run.kind == SeedKind::kFresh) return FateOfFresh(regression, run.judged);
  return run.judged.is_as_expected ? Fate::kPassed : FateOfVerdict(run.judged);
}

Fate FateOf(const Regression& regression) {
  if (!regression.error.empty()) return Fate::kHarness;
  Fate gravest = Fate::kPassed;
  for (const RegressionRun& run : regression.runs) {
    const Fate fate = FateOf(regression, run);
    const bool shows_nothing = fate == Fate::kUnknown || fate == Fate::kNotExercised;
    if (run.kind == SeedKind::kFresh && shows_nothing) continue;
    gravest = std::min(gravest, fate);
  }
  return gravest;
}

std::string TextOf(const Regression& regression, const RegressionRun& run) {
  const Fate fate = FateOf(regression, run);
  if (fate == Fate::kNotRun) return "interrupted before it";
  if (fate == Fate::kNondeterministic) {
    const JudgedRun& named = regression.runs[0].judged;
    return absl::StrCat("digest ", named.digest, " of ", named.events, " events, and ",
                        run.judged.digest, " of ", run.judged.events, " when it was run again");
  }
  if (fate != Fate::kHeld) return run.judged.Text();
  const std::string& oracle = regression.expect.oracle;
  return absl::StrCat(run.judged.Text(),
                      ", but expected: ", std::string(analysis::Name(regression.expect.verdict)),
                      oracle.empty() ? "" : " by ", oracle);
}

}  // namespace lockstep::cli
