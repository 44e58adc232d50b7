// What a change of the topology must not change: metamorphic tests of whole worlds.

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"

#include "sim/net/topology.h"
#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Duration;
using core::Effects;
using core::NodeId;
using core::Now;

constexpr std::int64_t kRate = 10'000'000'000;

sim::Edge Wire(std::uint32_t from, std::uint32_t to, Duration delay, std::int64_t rate = kRate) {
  sim::Edge edge;
  edge.from = from;
  edge.to = to;
  edge.rate_bps = rate;
  edge.wire.delay = delay;
  return edge;
}

void AddSwitch(sim::SwitchGraph& graph, const std::string& name) {
  graph.switches.push_back({name, sim::SwitchSpec()});
}

// Two sites, with hosts a0, a1 at the first and b0, b1, b2 at the second.
sim::SwitchGraph TwoSites() {
  sim::SwitchGraph graph;
  AddSwitch(graph, "west");
  AddSwitch(graph, "east");
  graph.AddWire(Wire(0, 1, Duration::Microseconds(10)), false);
  return graph;
}

sim::HostLink Cable() {
  sim::HostLink link;
  link.rate_bps = kRate;
  link.card_queue = core::ByteCount(64 << 20);
  link.wire.delay = Duration::Nanoseconds(300);
  return link;
}

const std::vector<std::string> kHosts = {"a0", "a1", "b0", "b1", "b2"};

// Every host sends to every other, in messages of many sizes, and answers what it gets once.
void Talk(SmallWorld& world, sim::Transport transport) {
  for (sim::LinkClass* link : {&world.scenario.network.intra, &world.scenario.network.cross})
    link->transport = transport;
  const auto hosts = static_cast<std::uint32_t>(kHosts.size());
  for (std::uint32_t self = 0; self < hosts; ++self) {
    world.host(self).on_start = [=](const Now&, auto, Effects& out) {
      for (std::uint32_t to = 0; to < hosts; ++to) {
        if (to == self) continue;
        for (std::uint64_t i = 0; i < 20; ++i)
          out.Send(NodeId(to), Numbered(i, 100 + 977 * i + self));
      }
    };
    world.host(self).on_message = [](const Now&, NodeId from, const core::Bytes& payload,
                                     Effects& out) {
      if (NumberOf(payload) < 20) out.Send(from, Numbered(NumberOf(payload) + 20, 64));
    };
  }
}

std::string DigestOf(const sim::SwitchGraph& graph, sim::Transport transport) {
  SmallWorld world({2, 3});
  Talk(world, transport);
  world.scenario.network.topology = AttachHosts(graph, kHosts, {0, 0, 1, 1, 1}, Cable());
  world.Run(Duration::Seconds(1));
  world.Finish();
  CHECK(world.arrivals().size() >= 400);
  return world.digest();
}

constexpr std::array kTransports = {sim::Transport::kDatagram, sim::Transport::kStream};

}  // namespace

TEST_CASE("topology: a link that no path uses changes no digest") {
  for (const sim::Transport transport : kTransports) {
    sim::SwitchGraph graph = TwoSites();
    // Randomness too: what is added draws from streams of its own.
    for (sim::Edge& edge : graph.edges) {
      edge.wire.jitter = sim::Distribution::Uniform({}, Duration::Microseconds(2));
      if (transport == sim::Transport::kDatagram) edge.wire.loss = {1, 1'000};
    }
    const std::string before = DigestOf(graph, transport);
    AddSwitch(graph, "detour");
    graph.AddWire(Wire(0, 2, Duration::Microseconds(9)), false);
    graph.AddWire(Wire(2, 1, Duration::Microseconds(9)), false);
    graph.AddWire(Wire(0, 1, Duration::Microseconds(11)), false);
    CHECK(DigestOf(graph, transport) == before);
    graph.AddWire(Wire(0, 1, Duration::Microseconds(1)), false);
    CHECK(DigestOf(graph, transport) != before);
  }
}

TEST_CASE(
    "topology: a delay in two parts, with a switch between that costs nothing, is one delay") {
  for (const sim::Transport transport : kTransports) {
    const std::string whole = DigestOf(TwoSites(), transport);
    for (const std::int64_t first_us : {0, 3, 5, 10}) {
      sim::SwitchGraph graph;
      for (const char* name : {"west", "east", "between"}) AddSwitch(graph, name);
      const Duration first = Duration::Microseconds(first_us);
      const Duration second = Duration::Microseconds(10) - first;
      // The port is at the end that packets come from; without one, the switch between only
      // passes on.
      graph.AddWire(Wire(0, 2, first), true);
      graph.AddWire(Wire(2, 1, second, /*rate=*/0), true);
      graph.AddWire(Wire(1, 2, second), true);
      graph.AddWire(Wire(2, 0, first, /*rate=*/0), true);
      CHECK(DigestOf(graph, transport) == whole);
    }
  }
}

TEST_CASE("topology: hosts of a cluster that swap numbers swap what happens to them") {
  // b0, b1 and b2 are at switches of their own, at 10, 20 and 30 us from the first.
  sim::SwitchGraph graph;
  AddSwitch(graph, "hub");
  for (std::uint32_t i = 1; i <= 3; ++i) {
    AddSwitch(graph, absl::StrCat("leaf", i));
    graph.AddWire(Wire(0, i, Duration::Microseconds(10) * i), false);
  }
  using Seen = std::vector<std::tuple<std::int64_t, std::uint32_t, std::uint32_t, std::uint64_t>>;
  // role[host]: which of the hosts of the first world it plays.
  const auto run = [&](const std::vector<std::uint32_t>& role, sim::Transport transport) {
    SmallWorld world({2, 3});
    Talk(world, transport);
    const std::vector<std::uint32_t> places = {0, 0, 1, 2, 3};
    std::vector<std::uint32_t> attached;
    std::vector<std::uint32_t> host_of(role.size());
    for (std::uint32_t host = 0; host < role.size(); ++host) {
      attached.push_back(places[role[host]]);
      host_of[role[host]] = host;
    }
    for (std::uint32_t host = 0; host < role.size(); ++host) {
      world.host(host).on_start = [&, host](const Now&, auto, Effects& out) {
        for (const std::uint32_t to : host_of) {
          if (to == host) continue;
          for (std::uint64_t i = 0; i < 20; ++i)
            out.Send(NodeId(to), Numbered(i, 100 + 977 * i + role[host]));
        }
      };
    }
    world.scenario.network.topology = AttachHosts(graph, kHosts, attached, Cable());
    world.Run(Duration::Seconds(1));
    world.Finish();
    Seen seen;
    for (const Arrival& arrival : world.arrivals())
      seen.emplace_back(arrival.at.ps(), role[arrival.to.value()], role[arrival.from.value()],
                        NumberOf(arrival.payload));
    std::sort(seen.begin(), seen.end());
    return seen;
  };
  for (const sim::Transport transport : kTransports) {
    const Seen first = run({0, 1, 2, 3, 4}, transport);
    CHECK(first.size() == 2 * 20 * 5 * 4);
    const bool is_same = run({0, 1, 4, 2, 3}, transport) == first;
    CHECK(is_same);
  }
}

TEST_CASE("topology: flows over equal paths all arrive, and each in order") {
  sim::SwitchGraph graph;
  for (const char* name : {"west", "east", "north", "south"}) AddSwitch(graph, name);
  for (const std::uint32_t via : {2u, 3u}) {
    graph.AddWire(Wire(0, via, Duration::Microseconds(5)), false);
    graph.AddWire(Wire(via, 1, Duration::Microseconds(5)), false);
  }
  SmallWorld world({2, 3});
  Talk(world, sim::Transport::kDatagram);
  world.scenario.network.topology = AttachHosts(graph, kHosts, {0, 0, 1, 1, 1}, Cable());
  world.Run(Duration::Seconds(1));
  world.Finish();
  CHECK(world.arrivals().size() == 2 * 20 * 5 * 4);
  for (std::uint32_t to = 0; to < kHosts.size(); ++to) {
    std::vector<std::uint64_t> last(kHosts.size(), 0);
    for (const Arrival& arrival : world.arrivals()) {
      if (arrival.to != NodeId(to) || NumberOf(arrival.payload) >= 20) continue;
      CHECK(NumberOf(arrival.payload) >= last[arrival.from.value()]);
      last[arrival.from.value()] = NumberOf(arrival.payload);
    }
  }
}

}  // namespace lockstep::tests
