// Acknowledgements are packets: they take bandwidth, wait and are lost as all others.

#include <cstdint>
#include <vector>

#include "sim/net/framing.h"
#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::ByteCount;
using core::Duration;
using core::Effects;
using core::Instant;
using core::NodeId;
using core::Now;
using trace::EventKind;

constexpr std::uint64_t kSegment = 64 << 10;
const Duration kDelay = Duration::Microseconds(25);
const Duration kMs = Duration::Milliseconds(1);
const Duration kWord = Duration::Picoseconds(800) * sim::kControlBytes.value() * 2 + kDelay;

// Host 0 sends `count` messages of this size to host 1 at once.
void SendAll(SmallWorld& world, std::uint64_t count, std::uint64_t size) {
  world.host(0).on_start = [=](const Now&, auto, Effects& out) {
    for (std::uint64_t i = 0; i < count; ++i) out.Send(NodeId(1), Numbered(i, size));
  };
}

}  // namespace

TEST_CASE("ack: each segment that arrives is answered by 66 B, which take a card and a port") {
  SmallWorld world({2});
  SendAll(world, 1, 3 * kSegment + 1);
  world.Run(Duration::Seconds(1));
  REQUIRE(world.arrivals().size() == 1);
  const auto& network = world.world().network();
  CHECK(network.egress(Instant::Max(), NodeId(1)) == ByteCount(4 * 66));
  CHECK(network.ingress(Instant::Max(), NodeId(0)) == ByteCount(4 * 66));
  world.Finish();
}

TEST_CASE("ack: one that a card holds back holds back what waits for it") {
  SmallWorld world({2});
  world.intra().window = ByteCount(kSegment);
  world.intra().retransmit_after = kMs * 100;
  SendAll(world, 2, kSegment);
  sim::Fault& stall = world.AddFault("nic_stall", {1}, {{"dir", "out"}});
  stall.at = At(Duration());
  stall.until = At(kMs * 5);
  world.Run(Duration::Seconds(1));
  REQUIRE(world.arrivals().size() == 2);
  CHECK(world.arrivals()[1].at == At(kMs * 5 + kWord + WireTime(kSegment) * 2 + kDelay));
  world.Finish();
  CHECK(world.Of(EventKind::kReceipt)[0].further == 1);  // The acknowledgement.
}

TEST_CASE("ack: it waits behind what its host sends, and so does who is acknowledged") {
  SmallWorld world({2, 1});
  world.intra().window = ByteCount(kSegment);
  world.scenario.network.cross.transport = sim::Transport::kDatagram;
  SendAll(world, 2, kSegment);
  // In the card of host 1 when the first segment comes there.
  constexpr std::uint64_t kAhead = 500'000;
  world.host(1).on_start = [](const Now&, auto, Effects& out) {
    out.Send(NodeId(2), Numbered(9, kAhead));
  };
  world.Run(Duration::Seconds(1));
  REQUIRE(WireTime(kAhead) > WireTime(kSegment) * 2 + kDelay);
  REQUIRE(world.NumbersAt(1).size() == 2);
  REQUIRE(world.arrivals()[1].to == NodeId(1));
  CHECK(world.arrivals()[1].at == At(WireTime(kAhead) + kWord + WireTime(kSegment) * 2 + kDelay));
  world.Finish();
}

TEST_CASE("ack: what is lost of them costs nothing as long as a later one comes") {
  SmallWorld world({2});
  world.intra().segmentation = sim::Segmentation::kMtu;
  sim::Topology fabric =
      sim::BuildFabric(world.scenario.clusters, world.scenario.network, world.scenario.profile);
  for (sim::Edge& edge : fabric.edges)
    if (edge.to == 0) edge.wire.loss = {1, 2};
  world.scenario.network.topology = fabric;
  SendAll(world, 1'000, 1'450);
  world.Run(Duration::Seconds(1));
  CHECK(world.NumbersAt(1).size() == 1'000);
  const auto drops = world.Of(EventKind::kDrop);
  // About half of the acknowledgements are lost: 500, give or take six standard deviations.
  CHECK(drops.size() > 500 - 95);
  CHECK(drops.size() < 500 + 95 + 10);
  for (const trace::Event& drop : drops) CHECK(drop.node == NodeId(1));
  // Only the last segment may have to be sent again, when nothing follows that tells of it.
  const std::int64_t sent = world.world().network().egress(Instant::Max(), NodeId(0)).value();
  CHECK(sent <= 1'020 * 1'500);
  world.Finish();
}

}  // namespace lockstep::tests
