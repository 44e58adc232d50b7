// Sweeps for tests: a small base scenario, and what is varied.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "tools/sweep/base_scenario.h"
#include "tools/sweep/sweep_file.h"

namespace lockstep::tests {

inline const std::vector<std::string>& Metrics() {
  static const std::vector<std::string> kMetrics = {"delivered_per_s", "published_per_s"};
  return kMetrics;
}

// Where such a sweep is said to stand; no such file is there.
inline constexpr const char* kSweepPath = "scenarios/sweeps/test.json";

// A sweep with `keys` beside what every sweep has.
inline nlohmann::json SweepWith(const nlohmann::json& keys) {
  nlohmann::json sweep = {{"lockstep_sweep", 1},
                          {"name", "a sweep"},
                          {"why", "Tests."},
                          {"scenario", {{"lockstep", 1}, {"run", {{"for", "1s"}, {"seed", 7}}}}}};
  sweep.update(keys);
  return sweep;
}

inline absl::StatusOr<sweep::Sweep> ReadSweepWith(const nlohmann::json& keys) {
  nlohmann::json document = SweepWith(keys);
  absl::Status status = sweep::PutBaseScenario(kSweepPath, document);
  if (!status.ok()) return status;
  return sweep::ReadSweepDocument(document, kSweepPath, Metrics());
}

// What is wrong with it, without the name of the file; empty where nothing is.
inline std::string WhyNot(const nlohmann::json& keys) {
  const std::string message(ReadSweepWith(keys).status().message());
  const std::string file = std::string(kSweepPath) + ": ";
  return message.rfind(file, 0) == 0 ? message.substr(file.size()) : message;
}

}  // namespace lockstep::tests
