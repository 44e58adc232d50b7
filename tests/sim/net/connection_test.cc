// Connections: what opening one takes, what breaks one, and when each end learns of it.

#include <cstdint>
#include <utility>
#include <vector>

#include "protocols/parameters/parameters.h"
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
using core::TimerId;
using trace::DropCause;
using trace::EventKind;

const Duration kUs = Duration::Microseconds(1);
const Duration kMs = Duration::Milliseconds(1);
const Duration kDelay = Duration::Microseconds(25);
// What the ends say to each other crosses a card and a port, at 800 ps a byte.
const Duration kWord = Duration::Picoseconds(800) * sim::kControlBytes.value() * 2 + kDelay;
// A message of 100 B.
const Duration kTravel = WireTime(100) * 2 + kDelay;

// Host 0 sends 100 B to host 1 at each of these times.
void SendAt(SmallWorld& world, std::vector<Duration> times) {
  world.host(0).on_start = [times](const Now& now, auto, Effects& out) {
    for (std::uint64_t i = 0; i < times.size(); ++i)
      out.SetTimer(TimerId(i), now.monotonic() + times[i]);
  };
  world.host(0).on_timer = [](const Now&, TimerId timer, Effects& out) {
    out.Send(NodeId(1), Numbered(timer.value(), 100));
  };
}

sim::Fault& CrashAt(SmallWorld& world, std::uint32_t host, Duration at, Duration restart_after,
                    bool is_of_machine) {
  nlohmann::json parameters = {{"scope", is_of_machine ? "machine" : "process"}};
  if (restart_after > Duration()) parameters["restart_after"] = FormatDuration(restart_after);
  sim::Fault& fault = world.AddFault("crash", {host}, parameters);
  fault.at = At(at);
  return fault;
}

// When messages of 100 B were destroyed; packets are larger.
std::vector<Instant> DestroyedAt(const SmallWorld& world, DropCause cause) {
  std::vector<Instant> at;
  for (const trace::Event& drop : world.Of(EventKind::kDrop))
    if (drop.detail == static_cast<std::uint64_t>(cause) && drop.size == ByteCount(100))
      at.push_back(drop.at);
  return at;
}

}  // namespace

TEST_CASE("connection: one that is opened cold costs the first bytes a round trip, and no others") {
  SmallWorld world({2});
  world.intra().is_cold = true;
  SendAt(world, {Duration(), kMs});
  world.Run(Duration::Seconds(1));
  REQUIRE(world.arrivals().size() == 2);
  CHECK(world.arrivals()[0].at == At(kWord * 2 + kTravel));
  CHECK(world.arrivals()[1].at == At(kMs + kTravel));
  world.Finish();
}

TEST_CASE("connection: after a reset the next bytes wait for a round trip") {
  SmallWorld world({2});
  SendAt(world, {Duration(), kMs * 2});
  world.AddFault("conn_reset").at = At(kMs);
  world.Run(Duration::Seconds(1));
  REQUIRE(world.arrivals().size() == 2);
  CHECK(world.arrivals()[0].at == At(kTravel));
  CHECK(world.arrivals()[1].at == At(kMs * 2 + kWord * 2 + kTravel));
  world.Finish();
}

TEST_CASE("connection: who gets no answer asks again after a second") {
  SmallWorld world({2});
  world.intra().is_cold = true;
  SendAt(world, {Duration()});
  // What host 1 answers stays in its card.
  sim::Fault& stall = world.AddFault("nic_stall", {1}, {{"dir", "out"}});
  stall.at = At(Duration());
  stall.until = At(kMs * 1'500);
  world.Run(Duration::Seconds(4));
  REQUIRE(world.arrivals().size() == 1);
  // Both answers leave together when the stall ends; the first will do.
  CHECK(world.arrivals()[0].at == At(kMs * 1'500 + kWord + kTravel));
  CHECK(world.world().network().egress(Instant::Max(), NodeId(0)) ==
        sim::kControlBytes + sim::kControlBytes + WireSize(100));
  world.Finish();
}

TEST_CASE("crash: a dead process refuses, and its peers learn of it by a packet") {
  SmallWorld world({2});
  SendAt(world, {Duration(), kMs + kUs, kMs * 2});
  CrashAt(world, 1, kMs, {}, false);
  world.Run(Duration::Seconds(1));
  CHECK(world.arrivals().size() == 1);
  // The second is sent before the reset is there that says so; the third asks for a connection,
  // and is refused after a round trip.
  CHECK(DestroyedAt(world, DropCause::kHostDown) ==
        std::vector<Instant>{At(kMs + kWord), At(kMs * 2 + kWord * 2)});
  // Two messages crossed the card, and what asked for the third.
  CHECK(world.world().network().egress(Instant::Max(), NodeId(0)) ==
        WireSize(100) + WireSize(100) + sim::kControlBytes);
  // Credit came back for each.
  CHECK(world.CreditLeft(0, 1) == world.scenario.network.send_buffer.value());
  world.Finish();
}

TEST_CASE("crash: a dead machine answers nothing, and its peers give up") {
  SmallWorld world({2});
  world.intra().give_up = kMs * 700;
  SendAt(world, {Duration(), kMs * 10, kMs * 800});
  CrashAt(world, 1, kMs, {}, true);
  world.Run(Duration::Seconds(3));
  CHECK(world.arrivals().size() == 1);
  CHECK(DestroyedAt(world, DropCause::kReset) ==
        std::vector<Instant>{At(kMs * 710), At(kMs * 1'500)});
  CHECK(world.CreditLeft(0, 1) == world.scenario.network.send_buffer.value());
  // Each resent packet crossed the card and the port towards the machine.
  CHECK(world.world().network().ingress(Instant::Max(), NodeId(1)) > WireSize(100) + WireSize(100));
  CHECK(world.world().network().ingress(Instant::Max(), NodeId(1)) ==
        world.world().network().egress(Instant::Max(), NodeId(0)));
  world.Finish();
}

TEST_CASE("crash: giving up takes fifteen seconds unless the link class says otherwise") {
  SmallWorld world({2});
  SendAt(world, {kMs});
  CrashAt(world, 1, Duration(), {}, true);
  world.Run(Duration::Seconds(20));
  CHECK(DestroyedAt(world, DropCause::kReset) ==
        std::vector<Instant>{At(kMs + Duration::Seconds(15))});
}

TEST_CASE("crash: a machine that is back knows of no connection, and says so when asked") {
  for (const bool is_of_machine : {false, true}) {
    CAPTURE(is_of_machine);
    SmallWorld world({2});
    SendAt(world, {Duration(), kMs * 10, kMs * 20});
    CrashAt(world, 1, kMs, kMs, is_of_machine);
    world.Run(Duration::Seconds(1));
    const auto numbers = world.NumbersAt(1);
    if (is_of_machine) {
      // Nobody has told the sender: the second is sent over what is no more, and reset.
      CHECK(numbers == std::vector<std::uint64_t>{0, 2});
      CHECK(DestroyedAt(world, DropCause::kReset) ==
            std::vector<Instant>{At(kMs * 10 + kTravel + kWord)});
      CHECK(world.arrivals()[1].at == At(kMs * 20 + kWord * 2 + kTravel));
    } else {
      CHECK(numbers == std::vector<std::uint64_t>{0, 1, 2});
      CHECK(world.arrivals()[1].at == At(kMs * 10 + kWord * 2 + kTravel));
    }
    world.Finish();
  }
}

TEST_CASE("crash: a dead process's card sends what it holds, and a dead machine's does not") {
  for (const bool is_of_machine : {false, true}) {
    CAPTURE(is_of_machine);
    SmallWorld world({2});
    world.host(0).on_start = [](const Now&, auto, Effects& out) {
      for (std::uint64_t i = 0; i < 3; ++i) out.Send(NodeId(1), Numbered(i, 60'000));
    };
    // The first is on the wire; the second, with a piece of the third, is in the card.
    CrashAt(world, 0, kUs * 60, {}, is_of_machine);
    world.Run(Duration::Seconds(1));
    CHECK(world.NumbersAt(1) ==
          (is_of_machine ? std::vector<std::uint64_t>{0} : std::vector<std::uint64_t>{0, 1}));
    world.Finish();
  }
}

TEST_CASE("crash: a datagram to a dead process crosses the wires and dies at the far end") {
  for (const bool is_of_machine : {false, true}) {
    SmallWorld world({2});
    world.intra().transport = sim::Transport::kDatagram;
    SendAt(world, {kMs});
    CrashAt(world, 1, Duration(), {}, is_of_machine);
    world.Run(Duration::Seconds(1));
    CHECK(DestroyedAt(world, DropCause::kHostDown) == std::vector<Instant>{At(kMs + kTravel)});
    CHECK(world.world().network().ingress(Instant::Max(), NodeId(1)) == WireSize(100));
    world.Finish();
  }
}

TEST_CASE("connection: a shut window is asked about until it opens, though its news were lost") {
  SmallWorld world({2});
  world.intra().window = ByteCount(64 << 10);
  world.intra().loss = {1, 3};
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    for (std::uint64_t i = 0; i < 40; ++i) out.Send(NodeId(1), Numbered(i, 30'000));
  };
  world.host(1).on_start = [](const Now& now, auto, Effects& out) {
    out.Hold(NodeId(0));
    out.SetTimer(TimerId(0), now.monotonic() + kMs * 100);
  };
  world.host(1).on_timer = [](const Now&, TimerId, Effects& out) { out.Resume(NodeId(0)); };
  world.Run(Duration::Seconds(60));
  CHECK(world.NumbersAt(1).size() == 40);
  world.Finish();
}

}  // namespace lockstep::tests
