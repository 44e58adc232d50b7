// Sites and routes: every site reaches every site, by the shortest way.

#include "sim/net/topology.h"

#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using sim::BuildTopology;
using sim::Topology;

}  // namespace

TEST_CASE("topology: one cluster is one site, whose hosts meet on its fabric") {
  const sim::Scenario scenario = SmallScenario({5});
  const Topology topology = BuildTopology(scenario.clusters, scenario.network);
  REQUIRE(topology.edges.size() == 1);
  CHECK(topology.edges[0].is_intra);
  CHECK(topology.routes == std::vector<std::vector<std::vector<std::uint32_t>>>{{{0}}});
}

TEST_CASE("topology: each pair of sites has a link of its own in each direction") {
  sim::Scenario scenario = SmallScenario({4, 7, 1});
  scenario.network.cross.delay = core::Duration::Milliseconds(3);
  const Topology topology = BuildTopology(scenario.clusters, scenario.network);
  CHECK(topology.edges.size() == 9);
  for (std::uint32_t from = 0; from < 3; ++from) {
    for (std::uint32_t to = 0; to < 3; ++to) {
      REQUIRE(topology.routes[from][to].size() == 1);
      const Topology::Edge& edge = topology.edges[topology.routes[from][to][0]];
      CHECK(edge.from_site == from);
      CHECK(edge.to_site == to);
      CHECK(edge.is_intra == (from == to));
    }
  }
}

TEST_CASE("topology: links without delay have routes all the same") {
  sim::Scenario scenario = SmallScenario({1, 1});
  scenario.network.intra.delay = core::Duration();
  scenario.network.cross.delay = core::Duration();
  const Topology topology = BuildTopology(scenario.clusters, scenario.network);
  CHECK(topology.routes[0][0].size() == 1);
  CHECK(topology.routes[1][0].size() == 1);
}

}  // namespace lockstep::tests
