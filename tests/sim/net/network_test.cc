// Datagrams, which show what a stream hides, and the bytes of either, none of which is lost sight
// of.

#include <cstdint>
#include <vector>

#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::ByteCount;
using core::Duration;
using core::Effects;
using core::NodeId;
using core::Now;
using trace::DropCause;
using trace::EventKind;

const Duration kDelay = Duration::Microseconds(25);

// A world whose first host sends `count` numbered datagrams of this size to the second at once.
void SendDatagrams(SmallWorld& world, std::uint64_t count, std::uint64_t size) {
  world.intra().transport = sim::Transport::kDatagram;
  world.host(0).on_start = [=](const Now&, auto, Effects& out) {
    for (std::uint64_t i = 0; i < count; ++i) out.Send(NodeId(1), Numbered(i, size));
  };
}

}  // namespace

TEST_CASE("datagram: each is one packet, boundaries kept, however large") {
  SmallWorld world({2});
  world.intra().transport = sim::Transport::kDatagram;
  const std::vector<std::uint64_t> sizes = {1, 1'450, 1'451, 100'000, 0};
  world.host(0).on_start = [&](const Now&, auto, Effects& out) {
    for (const std::uint64_t size : sizes) out.Send(NodeId(1), Numbered(1, size));
  };
  world.Run(Duration::Seconds(1));
  REQUIRE(world.arrivals().size() == sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    CHECK(world.arrivals()[i].payload.size() == sizes[i]);
  }
  // The largest, fourth: behind three on the one card; the other is idle when it comes.
  const Duration before = WireTime(1) + WireTime(1'450) + WireTime(1'451);
  CHECK(world.arrivals()[3].at == At(before + WireTime(100'000) + kDelay + WireTime(100'000)));
  CHECK(world.world().steps() > 0);
  world.Finish();
}

TEST_CASE("datagram: what a link loses is lost, and is said to be") {
  SmallWorld world({2});
  world.intra().loss = {1, 4};
  world.scenario.network.send_buffer = ByteCount(1 << 30);
  SendDatagrams(world, 4'000, 100);
  world.Run(Duration::Seconds(1));
  const auto drops = world.Of(EventKind::kDrop);
  CHECK(world.arrivals().size() + drops.size() == 4'000);
  // 1000 expected; six standard deviations are 6 * sqrt(4000 * 3 / 16) = 164.
  CHECK(drops.size() > 1'000 - 164);
  CHECK(drops.size() < 1'000 + 164);
  for (const trace::Event& drop : drops) {
    CHECK(drop.detail == static_cast<std::uint64_t>(DropCause::kLoss));
  }
  world.Finish();
}

TEST_CASE("datagram: jitter may put one before the other") {
  SmallWorld world({2});
  world.intra().jitter = Duration::Microseconds(10);
  SendDatagrams(world, 100, 100);
  world.Run(Duration::Seconds(1));
  const auto numbers = world.NumbersAt(1);
  CHECK(numbers.size() == 100);
  CHECK_FALSE(std::is_sorted(numbers.begin(), numbers.end()));
}

TEST_CASE("datagram: a full card drops the tail, at the sender and at the receiver") {
  SmallWorld sender({2});
  sender.scenario.profile.nic.tx.bytes = ByteCount(WireSize(1'000).value() * 3);
  SendDatagrams(sender, 5, 1'000);
  sender.Run(Duration::Seconds(1));
  CHECK(sender.NumbersAt(1) == std::vector<std::uint64_t>{0, 1, 2});
  CHECK(sender.Of(EventKind::kDrop).size() == 2);
  sender.Finish();

  SmallWorld receiver({3});
  receiver.scenario.profile.fabric.port_queue = ByteCount(WireSize(1'000).value() * 2);
  SendDatagrams(receiver, 1, 1'000);
  receiver.host(2).on_start = [](const Now&, auto, Effects& out) {
    for (std::uint64_t i = 0; i < 2; ++i) out.Send(NodeId(1), Numbered(i, 1'000));
  };
  receiver.Run(Duration::Seconds(1));
  // Two come at the same instant, the third a packet's time later: the first is through by then.
  CHECK(receiver.arrivals().size() == 3);
  CHECK(receiver.Of(EventKind::kDrop).empty());
  receiver.Finish();
}

TEST_CASE("network: transport and delay are those of the class of the pair") {
  SmallWorld world({2, 1});
  world.scenario.network.cross.delay = Duration::Milliseconds(3);
  world.scenario.network.cross.transport = sim::Transport::kDatagram;
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Send(NodeId(2), Numbered(2, 100));
    out.Send(NodeId(1), Numbered(1, 100));
  };
  world.Run(Duration::Seconds(1));
  REQUIRE(world.arrivals().size() == 2);
  CHECK(world.arrivals()[0].to == NodeId(1));
  CHECK(world.arrivals()[0].at == At(WireTime(100) * 3 + kDelay));
  CHECK(world.arrivals()[1].to == NodeId(2));
  CHECK(world.arrivals()[1].at == At(WireTime(100) * 2 + Duration::Milliseconds(3)));
}

TEST_CASE("network: bytes that entered a card are delivered, dropped or in flight at any time") {
  for (const auto transport : {sim::Transport::kStream, sim::Transport::kDatagram}) {
    for (const int us : {0, 1, 30, 100, 1'000, 20'000}) {
      SmallWorld world({3, 2});
      for (sim::LinkClass* link : {&world.intra(), &world.scenario.network.cross}) {
        link->transport = transport;
        link->loss = {1, 10};
        link->jitter = Duration::Microseconds(50);
      }
      for (std::uint32_t from = 0; from < 5; ++from) {
        world.host(from).on_start = [](const Now&, auto, Effects& out) {
          for (std::uint32_t to = 0; to < 5; ++to) out.Send(NodeId(to), Numbered(to, 200'000));
        };
      }
      sim::Fault& crash = world.AddFault("crash", {3});
      crash.at = At(Duration::Microseconds(300));
      world.Run(Duration::Microseconds(us));
      world.Finish();  // CHECKs it.
    }
  }
}

TEST_CASE("network: metrics count the bytes of each card in each period") {
  SmallWorld world({2});
  world.scenario.period = Duration::Milliseconds(10);
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.Send(NodeId(1), Numbered(0, 1'000));
    out.SetTimer(core::TimerId(0), now.monotonic() + Duration::Milliseconds(15));
  };
  world.host(0).on_timer = [](const Now&, core::TimerId, Effects& out) {
    out.Send(NodeId(1), Numbered(1, 70'000));
  };
  world.Run(Duration::Milliseconds(30));
  const auto amounts = [&](trace::Metric metric, std::uint32_t node) {
    std::vector<std::uint64_t> found;
    for (const trace::Event& event : world.Of(EventKind::kMetric, node)) {
      if (event.value == static_cast<std::uint64_t>(metric)) found.push_back(event.detail);
    }
    return found;
  };
  // 70 000 bytes are two segments, of 65 536 and 4 464.
  const auto first = static_cast<std::uint64_t>(WireSize(1'000).value());
  const auto second = static_cast<std::uint64_t>((WireSize(65'536) + WireSize(4'464)).value());
  const std::vector<std::uint64_t> bytes = {first, second, 0};
  CHECK(amounts(trace::Metric::kEgressBytes, 0) == bytes);
  CHECK(amounts(trace::Metric::kIngressBytes, 1) == bytes);
  // An acknowledgement for each segment.
  CHECK(amounts(trace::Metric::kIngressBytes, 0) == std::vector<std::uint64_t>{66, 132, 0});
  CHECK(amounts(trace::Metric::kMessagesHandled, 1) == std::vector<std::uint64_t>{1, 1, 0});
}

TEST_CASE("network: a card's latency delays packets as they come, not as they were sent") {
  const auto arrivals = [](Duration latency) {
    SmallWorld world({2});
    world.intra().transport = sim::Transport::kDatagram;
    world.scenario.profile.nic.rx_latency = sim::Distribution(latency);
    sim::Topology pair =
        sim::BuildFabric(world.scenario.clusters, world.scenario.network, world.scenario.profile);
    for (sim::Edge& edge : pair.edges) {
      // The last wire, so that packets pass each other behind the last port.
      if (edge.to == 1)
        edge.wire.jitter = sim::Distribution::Exponential(Duration::Microseconds(50));
    }
    world.scenario.network.topology = pair;
    world.host(0).on_start = [](const Now&, auto, Effects& out) {
      for (std::uint64_t i = 0; i < 100; ++i) out.Send(NodeId(1), Numbered(i, 500));
    };
    world.Run(Duration::Seconds(1));
    std::vector<std::int64_t> times;
    for (const Arrival& arrival : world.arrivals()) times.push_back(arrival.at.ps());
    return times;
  };
  const std::vector<std::int64_t> without = arrivals({});
  const std::vector<std::int64_t> with = arrivals(Duration::Picoseconds(1));
  REQUIRE(without.size() == 100);
  REQUIRE(with.size() == 100);
  for (std::size_t i = 0; i < 100; ++i) CHECK(with[i] == without[i] + 1);
}

}  // namespace lockstep::tests
