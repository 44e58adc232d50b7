// A good scenario of two clusters, and what is said of it once it is changed.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "sim/scenario/scenario.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::sim {

inline constexpr const char* kGood = "tests/data/two_clusters.json";

inline Scenario Read(const std::vector<Override>& changes) {
  absl::StatusOr<Scenario> scenario = ReadScenario(kGood, changes);
  REQUIRE_MESSAGE(scenario.ok(), std::string(scenario.status().message()));
  return *std::move(scenario);
}

// Why it is refused, without the name of its file; or "none".
inline std::string ErrorOf(const std::vector<Override>& changes) {
  const absl::StatusOr<Scenario> scenario = ReadScenario(kGood, changes);
  if (scenario.ok()) return "none";
  const std::string message(scenario.status().message());
  const std::string file = absl::StrCat(kGood, ": ");
  return message.rfind(file, 0) == 0 ? message.substr(file.size()) : message;
}
inline std::string ErrorOf(const std::string& pointer, const std::string& value) {
  return ErrorOf({{pointer, value}});
}

inline bool Contains(const std::string& text, const std::string& part) {
  CAPTURE(text);
  CAPTURE(part);
  return text.find(part) != std::string::npos;
}

}  // namespace lockstep::sim
