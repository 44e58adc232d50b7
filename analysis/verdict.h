// What can be concluded about a claim, or about a run: two of the answers are that nothing was shown,
// one is "we do not know".

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lockstep::analysis {

enum class Verdict : std::uint8_t {
  kHolds,
  kViolated,
  kUnknown,       // the checker could not see enough to tell
  kNotExercised,  // what the claim is about never happened
  kNotJudged,     // nothing was claimed; of a run, never of a claim
};

inline constexpr std::array<std::string_view, 5> kVerdictNames = {
    "holds", "violated", "unknown", "not exercised", "not judged"};

constexpr std::string_view Name(Verdict verdict) {
  return kVerdictNames[static_cast<std::size_t>(verdict)];
}

// Underscores may stand for spaces: both have been written.
constexpr std::optional<Verdict> VerdictNamed(std::string_view name) {
  const auto is_same = [](char a, char b) { return a == b || (a == ' ' && b == '_'); };
  const auto found = std::find_if(
      kVerdictNames.begin(), kVerdictNames.end(), [&](std::string_view known) {
        return std::equal(known.begin(), known.end(), name.begin(), name.end(), is_same);
      });
  if (found == kVerdictNames.end()) return std::nullopt;
  return static_cast<Verdict>(found - kVerdictNames.begin());
}

// The verdict of two claims together: violated, else unknown, else not exercised, else not judged,
// else holds.
constexpr Verdict Worse(Verdict a, Verdict b) {
  constexpr std::array<int, 5> kRank = {0, 4, 3, 2, 1};
  return kRank[static_cast<std::size_t>(a)] >= kRank[static_cast<std::size_t>(b)] ? a : b;
}

}  // namespace lockstep::analysis
