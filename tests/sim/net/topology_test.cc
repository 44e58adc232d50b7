// The fabric that a scenario without a topology gets, and routes through it.

#include "sim/net/topology.h"

#include "sim/net/routes.h"
#include "tests/support/doctest.h"
#include "tests/support/small_world.h"

namespace lockstep::tests {
namespace {

using sim::BuildFabric;
using sim::Routes;
using sim::Topology;

Topology FabricOf(const sim::Scenario& scenario) {
  return BuildFabric(scenario.clusters, scenario.network, scenario.profile);
}

}  // namespace

TEST_CASE("topology: a fabric has a card and a port for each host, and a wire for each two sites") {
  const Topology topology = FabricOf(SmallScenario({4, 7, 1}));
  CHECK(topology.hosts == 12);
  CHECK(topology.vertices.size() == 12 + 2 * 3);
  CHECK(topology.edges.size() == 2 * 12 + 3 * 3);
}

TEST_CASE("topology: a packet crosses its card, one wire between sites, and a port") {
  sim::Scenario scenario = SmallScenario({2, 3});
  scenario.network.cross.delay = core::Duration::Milliseconds(3);
  const Topology topology = FabricOf(scenario);
  const Routes routes(topology);
  for (std::uint32_t from = 0; from < 5; ++from) {
    for (std::uint32_t to = 0; to < 5; ++to) {
      if (from == to) continue;
      const core::NodeId a(from);
      const core::NodeId b(to);
      const std::vector<std::uint32_t> path = routes.Path(topology, a, b, Routes::FlowOf(a, b));
      REQUIRE(path.size() == 3);
      CHECK(topology.edges[path[0]].from == from);
      CHECK(topology.edges[path[0]].rate_bps == scenario.profile.nic.rate_bps);
      const bool is_intra = (from < 2) == (to < 2);
      CHECK(topology.edges[path[1]].rate_bps == 0);
      CHECK(topology.edges[path[1]].wire.delay ==
            (is_intra ? scenario.network.intra.delay : scenario.network.cross.delay));
      CHECK(topology.edges[path[2]].to == to);
    }
  }
}

TEST_CASE("topology: wires without delay have routes all the same") {
  sim::Scenario scenario = SmallScenario({1, 1});
  scenario.network.intra.delay = core::Duration();
  scenario.network.cross.delay = core::Duration();
  const Topology topology = FabricOf(scenario);
  CHECK(Routes(topology).Path(topology, core::NodeId(0), core::NodeId(1), 0).size() == 3);
}

}  // namespace lockstep::tests
