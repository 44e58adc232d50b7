// An experiment as data: who runs what, on which machines and network, what breaks, what is
// expected.
//
// scenarios/schema.json is the reference of the file format. Reading is strict: unknown and
// duplicate keys, numbers without a unit, impossible clusters and overspent budgets are refused,
// with the place.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "protocols/core/program.h"
#include "protocols/core/time.h"
#include "sim/scenario/override.h"
#include "sim/world_spec.h"

namespace lockstep::sim {

struct Expectation {
  std::string verdict = "holds";
  std::string oracle;  // who must object, where the verdict is "violated"
  std::optional<std::uint64_t> premature_resends;  // most that are allowed
  std::optional<std::uint64_t> throughput_floor;   // messages per second, of each stream
  std::optional<std::uint64_t> kept_most;          // messages that a sender has to keep
};

// The world, and what belongs to the experiment around it.
struct Scenario : WorldSpec {
  // As run: after --set and --seed, and with the profile and the topology in place of their files'
  // names, so that it says all there is to say.
  nlohmann::json document;
  std::string path;                // of the file
  std::vector<std::string> files;  // all that were read: its own, a profile's, a map's
  std::string name;
  std::string why;

  core::Instant warmup;  // measuring begins
  // stacks[c]: layers of cluster c's hosts from below, as the catalogue wants them, "like X"
  // resolved.
  std::vector<nlohmann::json> stacks;
  // stack_pointers[c]: where they stand in the document, for the catalogue's messages.
  std::vector<std::string> stack_pointers;
  // is_concurrent[c]: the budget of cluster c bounds how many are down at a time, not in the whole
  // run: whoever is back may fail again.
  std::vector<bool> is_concurrent;
  bool is_negative_control = false;
  core::Instant heal;     // faults that spend no budget end; default: the middle of the run
  core::Duration settle;  // time allowed after it; default: the rest of the run
  Expectation expect;
  // What was assumed where files that it imports say nothing; for people.
  std::vector<std::string> remarks;
};

// Reads and validates the scenario in `path`. What file names inside mean: see name_search.h.
absl::StatusOr<Scenario> ReadScenario(const std::string& path,
                                      const std::vector<Override>& overrides);
// The same for a document, such as a trace's recipe, that stands in for the file `path`.
absl::StatusOr<Scenario> ReadScenarioDocument(nlohmann::json document, const std::string& path,
                                              const std::vector<Override>& overrides = {});

// The name of a host: cluster and index, such as "b3".
std::string HostName(const std::vector<core::Cluster>& clusters, core::NodeId node);

}  // namespace lockstep::sim
