// The keys of a scenario, each described once: for its reader, and for whoever lists them.
//
// What several of them mean together is the reader's to say: scenario.cc, scenario_network.cc.
// Still kept by hand in scenarios/schema.json: stacks, topologies, names of hosts, and the forms of
// a profile.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocols/core/keys.h"
#include "protocols/core/program.h"
#include "protocols/core/time.h"
#include "protocols/parameters/key_list.h"
#include "protocols/parameters/parameters.h"
#include "sim/net/network_spec.h"
#include "sim/scenario/scenario.h"

namespace lockstep::sim {

// /run: as spans from its start.
struct RunKeys {
  core::Duration lasts;
  core::Duration warmup;
  core::Duration period = core::Duration::Milliseconds(100);
  std::uint64_t seed = 0;
  std::optional<std::uint64_t> ties;
};
void Describe(core::Keys& keys, RunKeys& run);

// /phases: as spans from the start of the run, and from heal on. Negative: not said.
struct PhaseKeys {
  core::Duration heal = core::Duration::Picoseconds(-1);
  core::Duration settle = core::Duration::Picoseconds(-1);
};
void Describe(core::Keys& keys, PhaseKeys& phases);

// /expect.
void Describe(core::Keys& keys, Expectation& expect);

// /clusters/N/budget: u and r of the cluster.
void DescribeBudget(core::Keys& keys, core::Cluster& cluster, bool& is_concurrent);

// /clusters/N/stake: of each replica. Ones all of them are none.
void ReadStake(Parameters& entry, core::Cluster& cluster);
// /clusters/N/positions: as listed, or drawn from the run's seed, which stands for a source that
// everybody can verify. By index are none.
void ReadPositions(Parameters& entry, std::uint64_t seed, core::Cluster& cluster);

// /network/CLASS. `has_topology`: delay, jitter and loss are the topology's.
void DescribeLink(core::Keys& keys, bool has_topology, LinkClass& link);

// Of keys that are read: where they stand.
Parameters& ParametersOf(core::Keys& keys);

// Objects of keys, by what they are called in lists.
struct KeyGroup {
  std::string name;     // "run"
  std::string pointer;  // "/run"; N stands for any index, CLASS for a link class
  std::string meaning;
  std::vector<KeyInfo> keys;
};
std::vector<KeyGroup> ListScenarioKeys();

}  // namespace lockstep::sim
