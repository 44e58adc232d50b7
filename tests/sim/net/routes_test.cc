// Shortest paths, and which of equal ones a flow takes.

#include "sim/net/routes.h"

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"

#include "sim/net/topology.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Duration;
using core::NodeId;
using sim::Routes;
using sim::Topology;

using Wires = std::vector<std::tuple<std::uint32_t, std::uint32_t, Duration>>;

// Switches s0, s1, ... with these wires, and a host at each of `attached`.
Topology Net(std::uint32_t switches, const Wires& wires, const std::vector<std::uint32_t>& attached,
             bool is_one_way = false) {
  sim::SwitchGraph graph;
  for (std::uint32_t i = 0; i < switches; ++i)
    graph.switches.push_back({absl::StrCat("s", i), sim::SwitchSpec()});
  for (const auto& [from, to, delay] : wires) {
    sim::Edge edge;
    edge.from = from;
    edge.to = to;
    edge.rate_bps = 1'000'000'000;
    edge.wire.delay = delay;
    graph.AddWire(edge, is_one_way);
  }
  std::vector<std::string> hosts;
  for (std::size_t i = 0; i < attached.size(); ++i) hosts.push_back(absl::StrCat("a", i));
  sim::HostLink link;
  link.rate_bps = 1'000'000'000;
  return AttachHosts(graph, hosts, attached, link);
}

std::string PathText(const Topology& topology, std::uint32_t from, std::uint32_t to,
                     std::uint64_t flow = 0) {
  std::string text;
  for (const std::uint32_t edge : Routes(topology).Path(topology, NodeId(from), NodeId(to), flow))
    absl::StrAppend(&text, text.empty() ? "" : " ", topology.edges[edge].name);
  return text;
}

constexpr Duration kHop = Duration::Microseconds(10);

}  // namespace

TEST_CASE("routes: the shortest way by delay is taken, not by hops") {
  const Topology topology =
      Net(3, {{0, 2, kHop * 3}, {0, 1, kHop}, {1, 2, kHop}}, /*attached=*/{0, 2});
  CHECK(PathText(topology, 0, 1) == "a0->s0 s0->s1 s1->s2 s2->a1");
  CHECK(PathText(topology, 1, 0) == "a1->s2 s2->s1 s1->s0 s0->a0");
}

TEST_CASE("routes: of two ways of equal delay the one with fewer hops is taken") {
  const Topology topology = Net(3, {{0, 1, kHop}, {1, 2, kHop}, {0, 2, kHop * 2}}, {0, 2});
  for (std::uint64_t flow = 0; flow < 32; ++flow)
    CHECK(PathText(topology, 0, 1, flow) == "a0->s0 s0->s2 s2->a1");
}

TEST_CASE("routes: forward error correction, jitter and switches count as delay") {
  Topology topology = Net(4, {{0, 1, kHop}, {1, 3, kHop}, {0, 2, kHop}, {2, 3, kHop}}, {0, 3});
  const auto avoids = [](const Topology& changed, const std::string& name) {
    std::set<std::string> seen;
    for (std::uint64_t flow = 0; flow < 32; ++flow) seen.insert(PathText(changed, 0, 1, flow));
    return seen.size() == 1 && seen.begin()->find(name) == std::string::npos;
  };
  CHECK_FALSE(avoids(topology, "s1"));
  const auto at = [](Topology& changed, const std::string& name) -> sim::Edge& {
    return *std::find_if(changed.edges.begin(), changed.edges.end(),
                         [&](const sim::Edge& edge) { return edge.name == name; });
  };
  Topology corrected = topology;
  at(corrected, "s0->s1").wire.fec = Duration::Nanoseconds(100);
  CHECK(avoids(corrected, "s1"));
  Topology jittery = topology;
  at(jittery, "s2->s3").wire.jitter =
      sim::Distribution::Uniform(Duration::Nanoseconds(1), Duration::Nanoseconds(2));
  CHECK(avoids(jittery, "s2"));
  topology.vertices[topology.hosts + 2].forwarding.latency =
      sim::Distribution(Duration::Nanoseconds(1));
  CHECK(avoids(topology, "s2"));
}

TEST_CASE("routes: flows spread over all equal ways, and a flow keeps to one") {
  // Four spines, and between s0 and s2 two wires.
  const Topology topology = Net(6,
                                {{0, 2, kHop},
                                 {0, 2, kHop},
                                 {0, 3, kHop},
                                 {0, 4, kHop},
                                 {0, 5, kHop},
                                 {2, 1, kHop},
                                 {3, 1, kHop},
                                 {4, 1, kHop},
                                 {5, 1, kHop}},
                                {0, 1});
  const Routes routes(topology);
  const std::uint32_t leaf = topology.hosts;
  CHECK(routes.Choices(leaf, NodeId(1)).size() == 5);
  std::vector<int> taken(topology.edges.size(), 0);
  for (std::uint64_t flow = 0; flow < 5'000; ++flow) {
    const std::uint32_t edge = routes.Next(leaf, NodeId(1), flow);
    CHECK(routes.Next(leaf, NodeId(1), flow) == edge);
    ++taken[edge];
  }
  // 1000 expected; six standard deviations are 6 * sqrt(5000 * 4 / 25) = 170.
  for (const std::uint32_t edge : routes.Choices(leaf, NodeId(1))) {
    CHECK(taken[edge] > 1'000 - 170);
    CHECK(taken[edge] < 1'000 + 170);
  }
}

TEST_CASE("routes: switches choose independently of each other") {
  // Two diamonds in a row: flows that part at the first part again at the second.
  const Topology topology = Net(7,
                                {{0, 1, kHop},
                                 {0, 2, kHop},
                                 {1, 3, kHop},
                                 {2, 3, kHop},
                                 {3, 4, kHop},
                                 {3, 5, kHop},
                                 {4, 6, kHop},
                                 {5, 6, kHop}},
                                {0, 6});
  std::set<std::string> seen;
  for (std::uint64_t flow = 0; flow < 64; ++flow) seen.insert(PathText(topology, 0, 1, flow));
  CHECK(seen.size() == 4);
}

TEST_CASE("routes: what is added elsewhere changes no flow's choice") {
  const Wires wires = {{0, 1, kHop}, {0, 2, kHop}, {1, 3, kHop}, {2, 3, kHop}};
  const Topology before = Net(4, wires, {0, 3});
  Wires more = wires;
  more.emplace_back(3, 4, kHop);
  const Topology after = Net(5, more, {0, 3, 4, 4});
  for (std::uint64_t flow = 0; flow < 64; ++flow)
    CHECK(PathText(before, 0, 1, flow) == PathText(after, 0, 1, flow));
}

TEST_CASE("routes: hosts forward nothing") {
  // a1 stands between two switches that have no wire of their own: out to s1, in from s0.
  Topology topology = Net(2, {}, {0, 0, 1});
  for (sim::Edge& edge : topology.edges)
    if (edge.from == 1) edge.to = topology.hosts + 1;
  CHECK(PathText(topology, 0, 1) == "a0->s0 s0->a1");
  CHECK(Routes(topology).Path(topology, NodeId(1), NodeId(2), 0).size() == 2);
  CHECK(PathText(topology, 0, 2).empty());
}

TEST_CASE("routes: where there is no way there is no path, also where there is one back") {
  const Topology apart = Net(2, {}, {0, 1});
  CHECK(PathText(apart, 0, 1).empty());
  CHECK(Routes(apart).Next(0, NodeId(1), 0) == Routes::kNone);
  CHECK(Routes(apart).Next(apart.hosts, NodeId(1), 0) == Routes::kNone);
  const Topology one_way = Net(2, {{0, 1, kHop}}, {0, 1}, /*is_one_way=*/true);
  CHECK(PathText(one_way, 0, 1) == "a0->s0 s0->s1 s1->a1");
  CHECK(PathText(one_way, 1, 0).empty());
  Topology unplugged = Net(1, {}, {0, 0});
  std::erase_if(unplugged.edges, [](const sim::Edge& edge) { return edge.to == 1; });
  CHECK(PathText(unplugged, 0, 1).empty());
  CHECK(PathText(unplugged, 1, 0) == "a1->s0 s0->a0");
}

TEST_CASE("routes: sums of delays do not overflow") {
  // Three of these are more than 64 bits hold; the detour is longer, and was shorter if it wrapped.
  const Duration long_time = Duration::Seconds(86'400) * 100;
  const Topology topology = Net(5,
                                {{0, 1, long_time},
                                 {1, 2, long_time},
                                 {2, 4, long_time},
                                 {0, 3, long_time},
                                 {3, 4, long_time}},
                                {0, 4});
  CHECK(PathText(topology, 0, 1) == "a0->s0 s0->s3 s3->s4 s4->a1");
}

TEST_CASE("routes: ten thousand hosts at one switch take a table of one cell") {
  const Topology topology = Net(1, {}, std::vector<std::uint32_t>(10'000, 0));
  const Routes routes(topology);
  CHECK(routes.Path(topology, NodeId(0), NodeId(9'999), 3).size() == 2);
  CHECK(topology.edges[routes.Next(topology.hosts, NodeId(4'711), 0)].to == 4'711);
}

TEST_CASE("routes: ten thousand hosts at a hundred leaves are routed") {
  constexpr std::uint32_t kLeaves = 100;
  Wires wires;
  for (std::uint32_t leaf = 0; leaf < kLeaves; ++leaf)
    for (std::uint32_t spine = 0; spine < 4; ++spine)
      wires.emplace_back(leaf, kLeaves + spine, kHop);
  std::vector<std::uint32_t> attached;
  for (std::uint32_t host = 0; host < 10'000; ++host) attached.push_back(host % kLeaves);
  const Topology topology = Net(kLeaves + 4, wires, attached);
  const Routes routes(topology);
  for (std::uint32_t host = 1; host < 10'000; host += 501) {
    const std::size_t hops = host % kLeaves == 0 ? 2 : 4;
    CHECK(routes.Path(topology, NodeId(0), NodeId(host), host).size() == hops);
  }
}

}  // namespace lockstep::tests
