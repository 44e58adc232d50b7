// The keys of a fault, each described once: for its reader, for lists, and for the schema.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocols/core/keys.h"
#include "sim/fault/engine/fault.h"

namespace lockstep::sim {

// What stands beside the fault in its entry.
struct FaultEnvelope {
  std::string id;
  core::Duration at;
  core::Duration lasts;  // "for"
  core::Duration until;
  core::Duration every;
  core::Duration poisson;
  std::optional<EventPattern> on;
  std::uint64_t count = ~std::uint64_t{0};
  Ratio probability{1, 1};
  std::uint64_t expect_effect = 1;
};

// `lasting` and `is_of_each` are those of the fault: what has no meaning there is refused.
void DescribeEnvelope(core::Keys& keys, Lasting lasting, bool is_of_each, const HostNames& names,
                      FaultEnvelope& envelope);

// The inside of the fault: its selectors into `fault`, whose kind is known; its own into `body`.
void DescribeFault(core::Keys& keys, const HostNames& names, FaultBody& body, Fault& fault);

}  // namespace lockstep::sim
