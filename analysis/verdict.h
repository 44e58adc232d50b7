// What can be concluded about a claim: four answers, one of which is "we do not know".

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
};

inline constexpr std::array<std::string_view, 4> kVerdictNames = {"holds", "violated", "unknown",
                                                                  "not exercised"};

constexpr std::string_view Name(Verdict verdict) {
  return kVerdictNames[static_cast<std::size_t>(verdict)];
}

constexpr std::optional<Verdict> VerdictNamed(std::string_view name) {
  const auto found = std::find(kVerdictNames.begin(), kVerdictNames.end(), name);
  if (found == kVerdictNames.end()) return std::nullopt;
  return static_cast<Verdict>(found - kVerdictNames.begin());
}

// The verdict of two claims together: violated, else unknown, else not exercised, else holds.
constexpr Verdict Worse(Verdict a, Verdict b) {
  constexpr std::array<int, 4> kRank = {0, 3, 2, 1};
  return kRank[static_cast<std::size_t>(a)] >= kRank[static_cast<std::size_t>(b)] ? a : b;
}

}  // namespace lockstep::analysis
