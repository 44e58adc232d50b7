// What faults do to a message on its way, above the transport.

#pragma once

#include <cstddef>
#include <optional>

#include "protocols/core/time.h"

namespace lockstep::sim {

struct MessageFate {
  bool is_destroyed = false;
  core::Duration later;  // that it is kept
  // Faults that are to be told what came of it, by their place in the scenario's list.
  std::optional<std::size_t> reordered_by;   // it was kept, and may be passed
  std::optional<std::size_t> duplicated_by;  // copies are to be made
  std::optional<std::size_t> breached_by;    // it is to come no sooner than `not_before`
  core::Instant not_before;
};

}  // namespace lockstep::sim
