// What is done to ports while packets are about: each gets its new time, and none is lost sight of.

#include "sim/net/wires.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::ByteCount;
using core::Duration;
using core::Instant;
using core::NodeId;
using sim::Place;
using sim::Port;
using sim::TaskKind;
using trace::DropCause;

// A byte takes a nanosecond.
constexpr std::int64_t kRate = 8'000'000'000;
const Duration kWire = Duration::Microseconds(2);

Instant AtNs(std::int64_t ns) { return Instant() + Duration::Nanoseconds(ns); }

// Two hosts, 0 and 1, and between them a switch, 2. Edges: 0->2, 2->1, 1->2, 2->0.
sim::Topology Pair(const sim::SwitchSpec& forwarding) {
  sim::Topology topology;
  topology.hosts = 2;
  topology.vertices = {{"a", {}}, {"b", {}}, {"switch", forwarding}};
  sim::WireSpec wire;
  wire.delay = kWire;
  const auto add = [&](std::uint32_t from, std::uint32_t to, std::string name) {
    topology.edges.push_back({from, to, std::move(name), kRate, {}, wire});
  };
  add(0, 2, "a->switch");
  add(2, 1, "switch->b");
  add(1, 2, "b->switch");
  add(2, 0, "switch->a");
  return topology;
}

// Wires, a queue, and a list of what came out; packets are known by their owners.
class Bench final : public sim::PacketListener {
 public:
  explicit Bench(const sim::SwitchSpec& forwarding = {}, const sim::NicSpec& nic = {})
      : nic_(nic),
        topology_(Pair(forwarding)),
        wires(topology_, nic_, queue_, *this, core::Random(1)) {}

  void Send(Instant now, std::uint32_t owner, std::int64_t size) {
    sim::Packet packet;
    packet.from = NodeId(0);
    packet.to = NodeId(1);
    packet.size = ByteCount(size);
    packet.owner = owner;
    wires.Launch(now, packet);
  }
  void Run(Instant until) {
    while (!queue_.empty() && queue_.NextTime() <= until) {
      const sim::Due due = queue_.Pop();
      switch (static_cast<TaskKind>(due.task.kind)) {
        case TaskKind::kAtPort:
          wires.OnAtPort(due.at, due.task);
          break;
        case TaskKind::kLost:
          wires.OnLost(due.task);
          break;
        case TaskKind::kFirstBit:
          wires.OnFirstBit(due.task);
          break;
        case TaskKind::kAtCard:
          wires.OnAtCard(due.at, due.task);
          break;
        default:
          REQUIRE(static_cast<TaskKind>(due.task.kind) == TaskKind::kAtHost);
          if (wires.Find(due.task) != nullptr)
            arrivals.push_back({wires.Arrive(due.task.a).owner, due.at});
      }
    }
    wires.CheckConservation();
  }
  void OnLost(const sim::Packet& packet, DropCause cause, Place place) override {
    losses.push_back({packet.owner, cause, place});
  }
  void OnFirstBit(const sim::Packet&) override {}
  void OnAtCard(const sim::Packet& packet) override { at_card.push_back(packet.owner); }
  void OnMoved(const sim::Packet&, std::uint32_t) override {}

 private:
  sim::EventQueue queue_;
  sim::NicSpec nic_;
  sim::Topology topology_;

 public:
  struct Arrival {
    std::uint32_t owner;
    Instant at;
    friend bool operator==(const Arrival&, const Arrival&) = default;
  };
  struct Loss {
    std::uint32_t owner;
    DropCause cause;
    Place place;
    friend bool operator==(const Loss&, const Loss&) = default;
  };
  sim::Wires wires;
  std::vector<Arrival> arrivals;
  std::vector<Loss> losses;
  std::vector<std::uint32_t> at_card;
};

using Arrivals = std::vector<Bench::Arrival>;
using Losses = std::vector<Bench::Loss>;

// Three packets of 1000 B at 0, which without more ado arrive at 6, 7 and 8 us.
void SendThree(Bench& bench) {
  for (std::uint32_t owner = 0; owner < 3; ++owner) bench.Send(AtNs(0), owner, 1'000);
}

}  // namespace

TEST_CASE("wires: the receiving card takes its time, told or not, also of what got other times") {
  sim::NicSpec nic;
  nic.rx_latency = sim::Distribution(Duration::Microseconds(3));
  for (const bool is_told : {false, true}) {
    Bench bench({}, nic);
    if (is_told) bench.wires.TellLife();
    SendThree(bench);
    // The port towards b has put half of the first one on the wire, and gets twice as fast.
    bench.Run(AtNs(3'500));
    bench.wires.SetRate(AtNs(3'500), 1, 2 * kRate);
    bench.Run(AtNs(100'000));
    CHECK(bench.arrivals == Arrivals{{0, AtNs(8'750)}, {1, AtNs(9'500)}, {2, AtNs(10'500)}});
    CHECK(bench.at_card.size() == (is_told ? 3 : 0));
  }
}

TEST_CASE("wires: a card that stalls now holds what it has not put on the wire, and nothing else") {
  Bench bench;
  SendThree(bench);
  bench.Run(AtNs(1'500));
  bench.wires.BeginStall(AtNs(1'500), 0);
  bench.Run(AtNs(10'000));
  CHECK(bench.arrivals == Arrivals{{0, AtNs(6'000)}});
  bench.wires.EndStall(AtNs(10'000), 0);
  bench.Run(AtNs(20'000));
  // Of the second 500 ns were left: 10.5 us, and 5 us to the end as ever.
  CHECK(bench.arrivals == Arrivals{{0, AtNs(6'000)}, {1, AtNs(15'500)}, {2, AtNs(16'500)}});
}

TEST_CASE("wires: a packet that comes to a port in a stall waits there") {
  Bench bench;
  bench.wires.BeginStall(AtNs(0), 1);
  SendThree(bench);
  bench.Run(AtNs(5'000));
  bench.wires.EndStall(AtNs(5'000), 1);
  bench.Run(AtNs(20'000));
  // All three are at the switch by 5 us.
  CHECK(bench.arrivals == Arrivals{{0, AtNs(8'000)}, {1, AtNs(9'000)}, {2, AtNs(10'000)}});
}

TEST_CASE("wires: many short stalls add up to one long one, and leave nothing behind") {
  Bench bench;
  bench.Send(AtNs(0), 0, 1'000);
  // 500 stalls of 1 ns, one in each 2 ns of the packet's service.
  for (std::int64_t i = 0; i < 500; ++i) {
    bench.wires.BeginStall(AtNs(2 * i + 1), 0);
    bench.wires.EndStall(AtNs(2 * i + 2), 0);
  }
  bench.Run(AtNs(20'000));
  CHECK(bench.arrivals == Arrivals{{0, AtNs(6'500)}});
}

TEST_CASE("wires: a packet whose head is beyond a cut-through switch is not stopped any more") {
  sim::SwitchSpec forwarding;
  forwarding.is_cut_through = true;
  Bench bench(forwarding);
  bench.Send(AtNs(0), 0, 5'000);
  bench.Send(AtNs(0), 1, 1'000);
  // Its head is at the switch at 2 us, its tail leaves the card at 5 us.
  bench.Run(AtNs(3'000));
  bench.wires.BeginStall(AtNs(3'000), 0);
  bench.wires.EndStall(AtNs(4'000), 0);
  bench.Run(AtNs(20'000));
  // The second begins at 5 us as it would have, and both cross as they are served.
  CHECK(bench.arrivals == Arrivals{{0, AtNs(9'000)}, {1, AtNs(10'000)}});
}

TEST_CASE("wires: a new rate is that of the packet on the wire, and of all behind it") {
  Bench bench;
  SendThree(bench);
  bench.Run(AtNs(1'500));
  bench.wires.SetRate(AtNs(1'500), 0, 2 * kRate);
  bench.Run(AtNs(20'000));
  // On the wire until 1.75 and 2.25 us; 1 us at the switch's port, which never waits for them.
  CHECK(bench.arrivals == Arrivals{{0, AtNs(6'000)}, {1, AtNs(7'000)}, {2, AtNs(8'000)}});
  CHECK(bench.wires.port(0).busy_until() == AtNs(2'250));
}

TEST_CASE(
    "wires: of a link that goes down, what is whole on the wire arrives and what is half is lost") {
  for (const auto fate : {Port::WhileDown::kWait, Port::WhileDown::kDropped}) {
    const bool waits = fate == Port::WhileDown::kWait;
    CAPTURE(waits);
    Bench bench;
    SendThree(bench);
    bench.Run(AtNs(1'500));
    bench.wires.TakeDown(AtNs(1'500), 0, fate, DropCause::kLoss);
    bench.Send(AtNs(2'000), 3, 1'000);
    bench.Run(AtNs(10'000));
    bench.wires.BringUp(AtNs(10'000), 0);
    bench.Send(AtNs(10'000), 4, 1'000);
    bench.Run(AtNs(30'000));
    const Place cable = Place::Edge(0);
    if (waits) {
      CHECK(bench.losses == Losses{{1, DropCause::kLoss, cable}});
      CHECK(bench.arrivals ==
            Arrivals{{0, AtNs(6'000)}, {2, AtNs(16'000)}, {3, AtNs(17'000)}, {4, AtNs(18'000)}});
    } else {
      CHECK(bench.losses == Losses{{1, DropCause::kLoss, cable},
                                   {2, DropCause::kLoss, cable},
                                   {3, DropCause::kLoss, cable}});
      CHECK(bench.arrivals == Arrivals{{0, AtNs(6'000)}, {4, AtNs(16'000)}});
    }
    CHECK(bench.wires.in_flight() == ByteCount(0));
  }
}

TEST_CASE("wires: a shared buffer holds what stands, and is free when that has left") {
  sim::SwitchSpec forwarding;
  forwarding.buffer = ByteCount(2'000);
  Bench bench(forwarding);
  bench.wires.BeginStall(AtNs(0), 1);
  SendThree(bench);
  bench.Run(AtNs(9'000));
  // The third finds the buffer full, at the port towards b.
  CHECK(bench.losses == Losses{{2, DropCause::kQueue, Place::Edge(1)}});
  bench.wires.EndStall(AtNs(9'000), 1);
  bench.Send(AtNs(9'000), 3, 1'000);  // At the switch at 12 us.
  bench.Run(AtNs(30'000));
  CHECK(bench.arrivals == Arrivals{{0, AtNs(12'000)}, {1, AtNs(13'000)}, {3, AtNs(15'000)}});
}

TEST_CASE("wires: what a stall of a card held is sent in the order in which it came") {
  Bench bench;
  bench.wires.BeginStall(AtNs(0), 0);
  for (std::uint32_t owner = 0; owner < 50; ++owner) bench.Send(AtNs(owner), owner, 100);
  bench.wires.SetRate(AtNs(60), 0, kRate / 2);
  bench.wires.EndStall(AtNs(100), 0);
  bench.wires.BeginStall(AtNs(350), 0);
  bench.wires.EndStall(AtNs(400), 0);
  bench.Run(AtNs(100'000));
  REQUIRE(bench.arrivals.size() == 50);
  for (std::uint32_t owner = 0; owner < 50; ++owner) {
    CHECK(bench.arrivals[owner].owner == owner);
    // 200 ns each on the first wire, from 100 ns on, but for 50 ns; then 2 us, 100 ns, and 2 us.
    const std::int64_t sent = 100 + 200 * (owner + 1) + (owner >= 1 ? 50 : 0);
    CHECK(bench.arrivals[owner].at == AtNs(sent + 4'100));
  }
}

}  // namespace lockstep::tests
