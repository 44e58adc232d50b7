// Delta debugging of a list: which of its elements are needed.

#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"

namespace lockstep::shrink {

// Elements by their places in the list, ascending.
using Places = std::vector<std::size_t>;

// The first of these sublists that still fails; none where none does.
using FirstFailingOf =
    std::function<absl::StatusOr<std::optional<std::size_t>>(const std::vector<Places>&)>;

// A sublist of `count` elements that fails, and of which no element can be left out: 1-minimal
// (Zeller and Hildebrandt 2002, section 3, ddmin). The whole list fails. At first it is asked
// whether the empty one does.
absl::StatusOr<Places> DeltaDebug(std::size_t count, const FirstFailingOf& first_failing);

}  // namespace lockstep::shrink
