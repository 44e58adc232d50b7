// "--set /pointer=value" and "--seed N" as overrides of a scenario.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"

#include "sim/scenario/scenario.h"

namespace lockstep::cli {

struct OverrideFlags {
  std::vector<std::string> sets;
  std::optional<std::string> seed;  // as typed; judged where any seed is
};

void AddOverrideFlags(CLI::App& command, OverrideFlags& flags);
// --set alone.
void AddSetFlag(CLI::App& command, OverrideFlags& flags, const std::string& meaning);
absl::StatusOr<std::vector<sim::Override>> ReadOverrides(const OverrideFlags& flags);

}  // namespace lockstep::cli
