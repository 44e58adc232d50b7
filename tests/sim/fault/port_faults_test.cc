// Faults of ports and queues: what has no room, what is too large, what is paused, held, released.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Duration;
using core::Effects;
using core::NodeId;
using core::Now;
using core::TimerId;
using sim::Fault;
using trace::EventKind;

const Duration kUs = Duration::Microseconds(1);
const Duration kMs = Duration::Milliseconds(1);
// 1'000 B and their header, at 10 Gbit/s.
constexpr std::uint64_t kSize = 1'000;

using Numbers = std::vector<std::uint64_t>;

// At 1 ms host 0 sends so many numbered datagrams to host 1 in one call, then as many to host 2.
void Burst(SmallWorld& world, std::uint64_t count) {
  world.intra().transport = sim::Transport::kDatagram;
  world.intra().segmentation = sim::Segmentation::kMtu;
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(0), now.monotonic() + kMs);
  };
  world.host(0).on_timer = [count](const Now&, TimerId, Effects& out) {
    for (std::uint32_t to = 1; to <= 2; ++to)
      for (std::uint64_t i = 0; i < count; ++i) out.Send(NodeId(to), Numbered(i, kSize));
  };
}

Numbers Heard(const std::string& policy, const std::string& dir) {
  SmallWorld world({3});
  Burst(world, 8);
  world.AddFault("queue", {dir == "out" ? 0U : 1U},
                 {{"packets", 3}, {"policy", policy}, {"dir", dir}});
  world.Run(kMs * 10);
  world.Finish();
  const trace::Event receipt = world.Of(EventKind::kReceipt)[0];
  CHECK(receipt.further == world.Of(EventKind::kDrop).size());
  return world.NumbersAt(1);
}

std::uint64_t ChangedOf(const SmallWorld& world, std::size_t fault) {
  return world.Of(EventKind::kReceipt)[fault].further;
}

}  // namespace

TEST_CASE("queue: three have room, and the tail, the head or any of the rest is lost") {
  // All come at once: the first is on the wire when the second comes.
  CHECK(Heard("tail", "out") == Numbers{0, 1, 2});
  // Those for host 2 come behind, and push out all that wait but what is on the wire.
  CHECK(Heard("head", "out") == Numbers{0});
  const Numbers random = Heard("random", "out");
  CHECK(random.size() <= 3);
  CHECK(random[0] == 0);
}

TEST_CASE("queue: a port that is as fast as what comes to it never fills") {
  CHECK(Heard("tail", "in") == Numbers{0, 1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("queue: a card that has room loses nothing, and a stream makes good what it loses") {
  for (const std::uint64_t packets : {3U, 1'000U}) {
    SmallWorld world({3});
    Burst(world, 64);
    world.intra().transport = sim::Transport::kStream;
    Fault& fault =
        world.AddFault("queue", {0}, {{"packets", packets}, {"policy", "head"}, {"dir", "out"}});
    fault.until = At(kMs * 200);
    world.Run(Duration::Seconds(5));
    world.Finish();
    CHECK(world.NumbersAt(1).size() == 64);
    CHECK(world.NumbersAt(2).size() == 64);
    if (packets > 3) CHECK(ChangedOf(world, 0) == 0);
  }
}

TEST_CASE("mtu: what is larger is lost, also a part of a message, and what is small passes") {
  SmallWorld world({2});
  world.intra().transport = sim::Transport::kDatagram;
  world.intra().segmentation = sim::Segmentation::kMtu;
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    std::uint64_t number = 0;
    for (const std::uint64_t size : {500U, 501U, 20'000U, 100U})
      out.Send(NodeId(1), Numbered(number++, size));
  };
  world.AddFault("mtu", {}, {{"bytes", 500}});
  world.Run(kMs * 10);
  world.Finish();
  CHECK(world.NumbersAt(1) == Numbers{0, 3});
}

TEST_CASE("pause_frames: what goes to the host waits, and nothing is lost") {
  SmallWorld world({3});
  Burst(world, 8);
  Fault& fault = world.AddFault("pause_frames", {1});
  fault.at = At(kUs * 500);
  fault.until = At(kMs * 3);
  world.Run(kMs * 10);
  world.Finish();
  CHECK(world.NumbersAt(1).size() == 8);
  for (const Arrival& arrival : world.arrivals())
    CHECK((arrival.at > At(kMs * 3)) == (arrival.to == NodeId(1)));
  CHECK(ChangedOf(world, 0) == 8);
}

TEST_CASE("pause_frames: beyond the threshold who sends more is paused, with what is for others") {
  SmallWorld world({3});
  Burst(world, 64);
  Fault& fault = world.AddFault("pause_frames", {1}, {{"xoff", "4kB"}});
  fault.at = At(kUs * 500);
  fault.until = At(kMs * 3);
  world.Run(kMs * 10);
  world.Finish();
  CHECK(world.NumbersAt(1).size() == 64);
  CHECK(world.NumbersAt(2).size() == 64);
  // Host 0 was stopped before it came to what is for host 2.
  for (const Arrival& arrival : world.arrivals()) CHECK(arrival.at > At(kMs * 3));
}

TEST_CASE("gst: before it packets pass each other, after it none waits longer than delta") {
  SmallWorld world({2});
  world.intra().transport = sim::Transport::kDatagram;
  world.intra().segmentation = sim::Segmentation::kMtu;
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(1), now.monotonic() + kMs);
  };
  world.host(0).on_timer = [](const Now& now, TimerId timer, Effects& out) {
    out.Send(NodeId(1), Numbered(timer.value(), 100));
    if (timer.value() < 30) out.SetTimer(TimerId(timer.value() + 1), now.monotonic() + kMs);
  };
  Fault& fault = world.AddFault("gst", {}, {{"longest", "1s"}, {"delta", "2ms"}});
  fault.until = At(kMs * 20 + kUs * 500);
  world.Run(kMs * 100);
  world.Finish();
  CHECK(world.NumbersAt(1).size() == 30);
  Numbers in_order = world.NumbersAt(1);
  std::sort(in_order.begin(), in_order.end());
  CHECK(world.NumbersAt(1) != in_order);
  for (const Arrival& arrival : world.arrivals()) {
    const auto sent = static_cast<std::int64_t>(NumberOf(arrival.payload));
    const bool is_before = sent <= 20;
    const core::Instant latest = is_before ? At(kMs * 22 + kUs * 500) : At(kMs * sent);
    CHECK(arrival.at <= latest + kUs * 100);
  }
  CHECK(ChangedOf(world, 0) == 20);
}

TEST_CASE("release: what is held goes on when it is released, in its order, and no more is held") {
  SmallWorld world({3});
  Burst(world, 8);
  world.host(1).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(0), now.monotonic() + kMs * 6);
  };
  world.host(1).on_timer = [](const Now&, TimerId, Effects& out) {
    out.Send(NodeId(0), Numbered(99, 10));
  };
  Fault& hold = world.AddFault("hold");
  hold.until = At(kMs * 50);
  const std::string id = hold.id;
  world.AddFault("release", {}, {{"hold", id}}).at = At(kMs * 5);
  world.AddFault("release", {}, {{"hold", id}}).at = At(kMs * 7);
  world.Run(kMs * 100);
  world.Finish();
  CHECK(world.NumbersAt(1) == Numbers{0, 1, 2, 3, 4, 5, 6, 7});
  for (const Arrival& arrival : world.arrivals()) {
    CHECK(arrival.at > At(kMs * 5));
    CHECK(arrival.at < At(kMs * 7));
  }
  CHECK(ChangedOf(world, 0) == 16);
  CHECK(ChangedOf(world, 1) == 16);
  CHECK(ChangedOf(world, 2) == 0);
}

TEST_CASE("hold, clog, partition: one that its count ends lets go what it has kept") {
  for (const char* kind : {"hold", "clog", "partition"}) {
    SmallWorld world({3});
    Burst(world, 8);
    const std::string name(kind);
    Fault& fault =
        name == "clog" ? world.AddFault("clog", {0})
        : name == "hold"
            ? world.AddFault("hold")
            : world.AddFault("partition", {},
                             {{"shape", "groups"}, {"mode", "clog"}, {"groups", {{"a0"}, {"a1"}}}});
    fault.until = At(kMs * 50);
    fault.count = 4;
    world.Run(kMs * 100);
    world.Finish();
    CAPTURE(name);
    CHECK(world.NumbersAt(1) == Numbers{0, 1, 2, 3, 4, 5, 6, 7});
    for (const Arrival& arrival : world.arrivals()) CHECK(arrival.at < At(kMs * 2));
    CHECK(ChangedOf(world, 0) == 4);
  }
}

TEST_CASE("link_flap: a stream whose segment was in the card goes on when the cable is in again") {
  for (const bool waits : {false, true}) {
    SmallWorld world({3});
    Burst(world, 64);
    world.intra().transport = sim::Transport::kStream;
    Fault& fault = world.AddFault("link_flap", {0}, {{"waits", waits}});
    // Half of the bursts is not on the wire yet.
    fault.at = At(kMs + kUs * 50);
    fault.until = At(kMs * 2);
    world.Run(Duration::Seconds(10));
    world.Finish();
    CHECK(ChangedOf(world, 0) > 0);
    CHECK(world.NumbersAt(1).size() == 64);
    CHECK(world.NumbersAt(2).size() == 64);
  }
}

}  // namespace lockstep::tests
