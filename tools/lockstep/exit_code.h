// What the program's exit codes mean; the table in the README and in --help.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "analysis/verdict.h"

namespace lockstep::cli {

enum ExitCode : int {
  kAsExpected = 0,
  kInternalError = 1,
  kBadInput = 2,
  kViolated = 3,
  kNotExercised = 4,
  kUnknown = 5,
  kHeldUnexpectedly = 6,
  kInterrupted = 7,
  kRunsFailed = 8,
  kUnmet = 9,
  kDiffers = 10,
  kIncomplete = 11,
  kLivenessViolated = 12,
  kNotDeterministic = 13,
};

struct ExitCodeMeaning {
  ExitCode code;
  std::string_view meaning;
};
inline constexpr std::array<ExitCodeMeaning, 14> kExitCodes = {{
    {kAsExpected, "done; of a run: what its scenario expects (\"holds\" where it says nothing)"},
    {kInternalError, "internal error: a bug in lockstep"},
    {kBadInput, "bad input: a flag, a file, or what is in it; a run that memory cannot hold"},
    {kViolated, "a promise was violated, which the scenario does not expect"},
    {kNotExercised,
     "nothing was promised, a promise was not put to the test, or a fault had no effect"},
    {kUnknown, "a checker could not tell"},
    {kHeldUnexpectedly, "all promises held, but the scenario expects otherwise"},
    {kInterrupted, "interrupted before the end; what was written is valid and marked"},
    {kRunsFailed,
     "a run failed: a node stands still in simulated time; of several runs: refused, crashed, or "
     "over a limit"},
    {kUnmet, "something that a sweep expects does not hold"},
    {kDiffers, "compare: something moved beyond noise, or two traces differ"},
    {kIncomplete, "a merge lacks runs"},
    {kLivenessViolated,
     "of regress: progress was promised and is violated, or a node stands still in simulated time; "
     "safety holds"},
    {kNotDeterministic, "the same scenario and seed gave two different runs"},
}};

// The code of a run that got `verdict`.
constexpr ExitCode CodeOf(analysis::Verdict verdict, bool is_as_expected) {
  if (is_as_expected) return kAsExpected;
  switch (verdict) {
    case analysis::Verdict::kHolds:
      return kHeldUnexpectedly;
    case analysis::Verdict::kViolated:
      return kViolated;
    case analysis::Verdict::kUnknown:
      return kUnknown;
    case analysis::Verdict::kNotExercised:
    case analysis::Verdict::kNotJudged:
      return kNotExercised;
  }
  return kInternalError;
}

}  // namespace lockstep::cli
