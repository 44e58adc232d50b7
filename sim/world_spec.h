// All that a world is made of, as plain values: who sits where, on which machines and network, what
// breaks, and when it ends. How it is read from a file stands in sim/scenario.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/program.h"
#include "protocols/core/time.h"
#include "sim/fault/engine/fault.h"
#include "sim/net/network_spec.h"
#include "sim/profile.h"

namespace lockstep::sim {

struct WorldSpec {
  core::Instant end;      // run.for
  core::Duration period;  // between metrics
  std::uint64_t seed = 0;
  std::uint64_t ties = 0;  // of what is due at one instant: see event_queue.h
  core::ContentKind contents = core::ContentKind::kFiller;  // of test messages

  Profile profile;
  std::vector<core::Cluster> clusters;
  NetworkSpec network;
  std::vector<Fault> faults;
};

}  // namespace lockstep::sim
