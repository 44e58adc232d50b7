// A scenario as a regression test: with which seeds it is run, and what these runs come to.
//
// The verdict that a scenario states is asked of the seed that it names. Of a fresh seed it is
// asked that nothing else happens: its run gets that verdict, or all promises hold, or nothing was
// shown (a fault had no effect, a budget was overspent), which is counted and is no failure. Where
// a violation is expected, whoever objects to the run of a fresh seed is the oracle that is
// expected, or objects to that of the named seed, too.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "analysis/recipe.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/judged_run.h"
#include "tools/lockstep/program.h"

namespace lockstep::cli {

// From the gravest on.
enum class Fate : std::uint8_t {
  kSafety,            // a promise of safety is violated, which is not expected
  kNondeterministic,  // the run was not the same when it was made again
  kHarness,           // no verdict: refused, crashed, or over a limit
  kLiveness,          // promises of progress alone are violated; or a node stands still
  kHeld,              // a violation was expected, and there is none
  kUnknown,           // a checker could not tell
  kNotExercised,      // nothing was shown
  kNotRun,            // interrupted before
  kPassed,
};
inline constexpr std::array<std::string_view, 9> kFateNames = {
    "safety violated",   "not deterministic", "harness error",
    "liveness violated", "held unexpectedly", "unknown",
    "not exercised",     "not run",           "passed"};
constexpr std::string_view Name(Fate fate) { return kFateNames[static_cast<std::size_t>(fate)]; }
ExitCode CodeOf(Fate fate);

enum class SeedKind : std::uint8_t {
  kNamed,  // by the scenario
  kAgain,  // the same, by a process of its own
  kFresh,
};

struct RegressionRun {
  std::uint64_t seed = 0;
  SeedKind kind = SeedKind::kNamed;
  bool is_done = false;
  JudgedRun judged;
  double wall_s = 0;
};

struct Regression {
  std::string path;
  std::string error;  // why it cannot be run at all; else empty
  nlohmann::json document;
  analysis::Expected expect;
  std::vector<RegressionRun> runs;  // the first is of the named seed
};

// The scenario in `path`, with the seed that it names, the same again, and `fresh` seeds from
// `seed` on.
Regression ReadRegression(const std::string& path, std::uint64_t fresh, std::uint64_t seed,
                          const Additions& own);

// The scenarios in these files, and in these folders and all below, in order of their names. What
// is a JSON file of another kind is passed over, but for those that were named themselves. Errors:
// there is no such file, no such folder, or no scenario in it.
absl::StatusOr<std::vector<std::string>> FindScenarios(const std::vector<std::string>& given);

Fate FateOf(const Regression& regression, const RegressionRun& run);
// The gravest of its runs, but for fresh ones that show nothing.
Fate FateOf(const Regression& regression);
// Why it is no pass, in one line: of the run, and of what it was compared with.
std::string TextOf(const Regression& regression, const RegressionRun& run);

}  // namespace lockstep::cli
