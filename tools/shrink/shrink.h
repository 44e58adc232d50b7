// From a scenario that fails to a smaller one that fails in the same way.
//
// First the list of faults, by delta debugging (ddmin; Zeller and Hildebrandt, "Simplifying and
// Isolating Failure-Inducing Input", 2002); then one simplification after the other, to a fixed
// point: none of those that candidates.h knows fails any more. Whether a scenario fails is asked of
// whoever calls; of the same answers comes the same scenario, in whatever order they were found.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "protocols/core/time.h"

namespace lockstep::shrink {

// A scenario that fails as it should: which one of those that were asked about, and when in its
// run.
struct Failing {
  std::size_t index = 0;
  core::Duration at;
};

// The first, in their order, that fails; none where none does. An error ends the search.
using FirstFailing =
    std::function<absl::StatusOr<std::optional<Failing>>(const std::vector<nlohmann::json>&)>;

// Told of each scenario that is smaller than the last one and fails, with what was changed. An
// error ends the search.
using OnStep = std::function<absl::Status(const std::string& what, const nlohmann::json& scenario)>;

struct Shrunk {
  nlohmann::json scenario;
  std::uint64_t steps = 0;
  std::uint64_t asked = 0;  // scenarios that were asked about
  // Of the search, where it was ended; the scenario is the smallest so far.
  absl::Status status;
};

// `failing_at`: when in its run `scenario`, which fails, does.
Shrunk Shrink(nlohmann::json scenario, core::Duration failing_at, const FirstFailing& first_failing,
              const OnStep& on_step);

}  // namespace lockstep::shrink
