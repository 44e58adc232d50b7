// A scenario out of a seed, for any protocol and any scenario.
//
// What is drawn is a pure function of the seed, of what the draw stands on and of what the user has
// fixed, and of the scenario that it changes where it is a mutant. What the catalogue refuses is
// drawn again, each time with fewer odds.

#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "tools/fuzz/ground.h"
#include "tools/fuzz/trouble.h"

namespace lockstep::fuzz {

struct DrawOptions {
  std::optional<Strategy> strategy;  // else drawn
  Spending spending = Spending::kRandom;
  std::optional<std::uint32_t> replicas;  // of every cluster; else drawn
  std::string rule = {};                  // that a protocol follows; else the default
};

// The first of at most so many attempts that is accepted. Errors: those of the last one.
inline constexpr std::uint64_t kAttemptsMost = 12;

absl::StatusOr<nlohmann::json> DrawScenario(const Ground& ground, std::uint64_t seed,
                                            const DrawOptions& options, const Reads& reads);

// The same from a scenario that was worth a run: one fault more, less or another, another seed,
// or another order of what is due at one instant.
absl::StatusOr<nlohmann::json> MutateScenario(const Ground& ground, const nlohmann::json& parent,
                                              std::uint64_t seed, const DrawOptions& options,
                                              const Reads& reads);

}  // namespace lockstep::fuzz
