// Faults of cards, cores, clocks and connections: each does what it says, to the picosecond, and
// leaves a receipt.

#include <cstdint>
#include <string>
#include <vector>

#include "protocols/parameters/parameters.h"
#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::ByteCount;
using core::Bytes;
using core::Clock;
using core::Duration;
using core::Effects;
using core::Instant;
using core::NodeId;
using core::Now;
using core::TimerId;
using core::Work;
using sim::Fault;
using trace::DropCause;
using trace::EventKind;

const Duration kUs = Duration::Microseconds(1);
const Duration kMs = Duration::Milliseconds(1);

struct Receipt {
  std::uint64_t touched = 0;
  std::uint64_t changed = 0;
  friend bool operator==(const Receipt&, const Receipt&) = default;
};

// Runs to the end; the receipt of a fault.
Receipt RunAll(SmallWorld& world, std::size_t index = 0) {
  world.Run(Duration::Seconds(1));
  world.Finish();
  const auto receipts = world.Of(EventKind::kReceipt);
  REQUIRE(receipts.size() == world.scenario.faults.size());
  return {receipts[index].detail, receipts[index].further};
}

Fault& AddFault(SmallWorld& world, const std::string& kind, std::uint32_t target, Duration from,
                Duration until, const nlohmann::json& parameters = nlohmann::json::object()) {
  Fault& fault = world.AddFault(kind, {target}, parameters);
  fault.at = At(from);
  fault.until = At(until);
  return fault;
}

// Parameters of a fault that moves a clock.
nlohmann::json Move(Clock clock, Duration by) {
  const char* const names[] = {"monotonic", "synced", "wall"};
  const bool is_back = by < Duration();
  return {{"clock", names[static_cast<int>(clock)]},
          {"by", FormatDuration(is_back ? Duration() - by : by)},
          {"back", is_back}};
}

// Host 0 sends 100 bytes to host 1 each millisecond, from 0 to 9 ms.
void SendTen(SmallWorld& world) {
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    for (std::int64_t i = 0; i < 10; ++i)
      out.SetTimer(TimerId(static_cast<std::uint64_t>(i)), now.monotonic() + kMs * i);
  };
  world.host(0).on_timer = [](const Now&, TimerId timer, Effects& out) {
    out.Send(NodeId(1), Numbered(timer.value(), 100));
  };
}

// Of such a message: through the card, across, through the port, and no time to be handled.
const Duration kTravel = WireTime(100) * 2 + Duration::Microseconds(25);

std::vector<Instant> ArrivalsAt(const SmallWorld& world, std::uint32_t host) {
  std::vector<Instant> at;
  for (const Arrival& arrival : world.arrivals())
    if (arrival.to == NodeId(host)) at.push_back(arrival.at);
  return at;
}

std::vector<Instant> TimersAt(const SmallWorld& world, std::uint32_t host) {
  std::vector<Instant> at;
  for (const trace::Event& event : world.Of(EventKind::kTimer, host)) at.push_back(event.at);
  return at;
}

std::uint64_t CountDrops(const SmallWorld& world, DropCause cause) {
  std::uint64_t count = 0;
  for (const trace::Event& drop : world.Of(EventKind::kDrop))
    count += drop.detail == static_cast<std::uint64_t>(cause) ? 1 : 0;
  return count;
}

// Host 0 sets a timer for 10 ms on this clock.
void SetTimers(SmallWorld& world, Clock clock) {
  world.host(0).on_start = [=](const Now& now, auto, Effects& out) {
    const Instant of_clock = clock == Clock::kWall     ? now.wall()
                             : clock == Clock::kSynced ? now.synced()
                                                       : now.monotonic();
    out.SetTimer(TimerId(1), of_clock + kMs * 10, clock);
  };
}

}  // namespace

TEST_CASE("nic_stall: what a card has to send is sent when the stall ends, in order") {
  SmallWorld world({2});
  world.intra().transport = sim::Transport::kDatagram;  // A stream would send it again.
  SendTen(world);
  AddFault(world, "nic_stall", 0, kUs * 2'500, kUs * 4'500, {{"dir", "out"}});
  CHECK(RunAll(world) == Receipt{1, 2});
  const auto at = ArrivalsAt(world, 1);
  REQUIRE(at.size() == 10);
  CHECK(at[2] == At(kMs * 2 + kTravel));
  CHECK(at[3] == At(kUs * 4'500 + kTravel));
  CHECK(at[4] == At(kUs * 4'500 + kTravel + WireTime(100)));
  CHECK(at[5] == At(kMs * 5 + kTravel));
}

TEST_CASE("nic_stall: the port towards a host stalls as well, unless only one side is named") {
  for (const std::string side : {"in", "out", "both"}) {
    SmallWorld world({2});
    SendTen(world);
    AddFault(world, "nic_stall", 1, kUs * 2'500, kUs * 3'500, {{"dir", side}});
    const Receipt receipt = RunAll(world);
    CHECK(receipt.touched == (side == "both" ? 2 : 1));
    CHECK(receipt.changed == 1);  // The message, or its acknowledgement.
    const Instant third = side == "out" ? At(kMs * 3 + kTravel) : At(kUs * 3'500 + WireTime(100));
    CHECK(ArrivalsAt(world, 1)[3] == third);
  }
}

TEST_CASE("pause: a host handles what has come when the pause ends, and its clocks ran") {
  SmallWorld world({2});
  SendTen(world);
  AddFault(world, "pause", 1, kUs * 2'500, kUs * 4'500);
  CHECK(RunAll(world) == Receipt{1, 2});
  const auto at = ArrivalsAt(world, 1);
  REQUIRE(at.size() == 10);
  CHECK(at[2] == At(kMs * 2 + kTravel));
  CHECK(at[3] == At(kUs * 4'500));
  CHECK(at[4] == At(kUs * 4'500));
  CHECK(at[5] == At(kMs * 5 + kTravel));
}

TEST_CASE("pause: a host that had nothing to do was not paused") {
  SmallWorld world({2});
  SendTen(world);
  AddFault(world, "pause", 1, kUs * 2'500, kUs * 2'900);
  CHECK(RunAll(world) == Receipt{1, 0});
}

TEST_CASE("freeze: no clock of the host goes on until it ends") {
  for (const Clock clock : {Clock::kMonotonic, Clock::kSynced, Clock::kWall}) {
    SmallWorld world({2});
    SetTimers(world, clock);
    world.host(1).on_start = [](const Now&, auto, Effects& out) {
      out.Send(NodeId(0), Numbered(0, 100));
    };
    AddFault(world, "freeze", 0, kUs * 10, kUs * 3'010);
    // The message waits and is handed with another reading; the timer is moved twice.
    CHECK(RunAll(world) == Receipt{1, 4});
    CHECK(TimersAt(world, 0) == std::vector<Instant>{At(kMs * 13)});
    // The local time of the call: it was 10 us when the clock stood still.
    CHECK(world.arrivals().at(0).at == At(kUs * 10));
    CHECK(world.Of(EventKind::kMessage, 0)[0].at == At(kUs * 3'010));
  }
}

TEST_CASE("slow_cpu: work costs more while it lasts") {
  SmallWorld world({2});
  world.scenario.profile.prices[static_cast<std::size_t>(Work::kLog)] = {
      3, sim::Distribution(kUs * 10), {}};
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    for (const std::int64_t i : {1, 2, 3})
      out.SetTimer(TimerId(static_cast<std::uint64_t>(i)), now.monotonic() + kMs * i);
  };
  world.host(0).on_timer = [](const Now&, TimerId timer, Effects& out) {
    out.Spend(Work::kLog, 1);
    out.Send(NodeId(1), Numbered(timer.value(), 100));
  };
  AddFault(world, "slow_cpu", 0, kUs * 1'500, kUs * 2'500, {{"factor", {5, 2}}});
  CHECK(RunAll(world) == Receipt{1, 1});  // The timer.
  CHECK(ArrivalsAt(world, 1) == std::vector<Instant>{At(kUs * 1'010 + kTravel),
                                                     At(kUs * 2'025 + kTravel),
                                                     At(kUs * 3'010 + kTravel)});
}

TEST_CASE("slow_cpu: where two overlap the later in the list counts, then the other again") {
  SmallWorld world({2});
  world.scenario.profile.send_message.per_unit = sim::Distribution(kUs);
  SendTen(world);
  AddFault(world, "slow_cpu", 0, kUs * 1'500, kUs * 4'500, {{"factor", {2, 1}}});
  AddFault(world, "slow_cpu", 0, kUs * 2'500, kUs * 3'500, {{"factor", {9, 1}}});
  world.Run(Duration::Seconds(1));
  const auto at = ArrivalsAt(world, 1);
  const std::int64_t costs[] = {1, 1, 2, 9, 2, 1};
  for (std::int64_t i = 0; i < 6; ++i)
    CHECK(at[static_cast<std::size_t>(i)] == At(kMs * i + kUs * costs[i] + kTravel));
}

TEST_CASE("slow_cpu: a host whose work is free is not slower") {
  SmallWorld world({2});
  SendTen(world);
  AddFault(world, "slow_cpu", 0, Duration(), kMs * 5, {{"factor", {2, 1}}});
  CHECK(RunAll(world) == Receipt{1, 0});
}

TEST_CASE("clock_step: a timer fires so much earlier, later, or at once") {
  struct Case {
    Duration by;
    Duration fires;
  };
  for (const Case& step :
       {Case{kMs * 4, kMs * 6}, Case{Duration() - kMs * 4, kMs * 14}, Case{kMs * 50, kMs * 2}}) {
    for (const Clock clock : {Clock::kMonotonic, Clock::kSynced, Clock::kWall}) {
      SmallWorld world({2});
      SetTimers(world, clock);
      world.AddFault("clock_step", {0}, Move(clock, step.by)).at = At(kMs * 2);
      CHECK(RunAll(world) == Receipt{1, 1});
      CHECK(TimersAt(world, 0) == std::vector<Instant>{At(step.fires)});
      // It begins and is over in the same instant.
      const auto said = world.Of(EventKind::kFault);
      REQUIRE(said.size() == 2);
      CHECK(said[1].at == At(kMs * 2));
    }
  }
}

TEST_CASE("clock_step: one clock of one host, and none of a host that is down") {
  SmallWorld world({2});
  SetTimers(world, Clock::kWall);
  world.AddFault("clock_step", {0}, Move(Clock::kSynced, kMs * 4));
  AddFault(world, "crash", 1, Duration(), kMs);
  world.AddFault("clock_step", {1}, Move(Clock::kWall, kMs * 4)).at = At(kMs);
  CHECK(RunAll(world, 2) == Receipt{1, 0});
  CHECK(TimersAt(world, 0) == std::vector<Instant>{At(kMs * 10)});
}

TEST_CASE("clock_offset: the clock is off while it lasts, and right again after it") {
  SmallWorld world({2});
  std::vector<Instant> walls;
  world.host(0).on_message = [&](const Now& now, NodeId, const Bytes&, Effects&) {
    walls.push_back(now.wall());
  };
  world.host(1).on_start = [](const Now& now, auto, Effects& out) {
    for (std::int64_t i = 0; i < 10; ++i)
      out.SetTimer(TimerId(static_cast<std::uint64_t>(i)), now.monotonic() + kMs * i);
  };
  world.host(1).on_timer = [](const Now&, TimerId timer, Effects& out) {
    out.Send(NodeId(0), Numbered(timer.value(), 100));
  };
  AddFault(world, "clock_offset", 0, kUs * 2'500, kUs * 4'500,
           Move(Clock::kWall, Duration() - kUs * 500));
  CHECK(RunAll(world) == Receipt{1, 2});
  REQUIRE(walls.size() == 10);
  for (std::int64_t i = 0; i < 10; ++i) {
    const Duration off = i == 3 || i == 4 ? Duration() - kUs * 500 : Duration();
    CHECK(walls[static_cast<std::size_t>(i)] == At(kMs * i + kTravel + off));
  }
}

TEST_CASE("clock_drift: the clock gains or loses at that rate while it lasts") {
  for (const bool is_slow : {false, true}) {
    SmallWorld world({2});
    SetTimers(world, Clock::kMonotonic);
    // In 4 ms it gains 2 ms, or loses them.
    AddFault(world, "clock_drift", 0, kMs * 2, kMs * 6,
             {{"clock", "monotonic"}, {"ppb", 500'000'000}, {"slow", is_slow}});
    world.host(1).on_start = [](const Now& now, auto, Effects& out) {
      out.SetTimer(TimerId(0), now.monotonic() + kMs * 3);
    };
    world.host(1).on_timer = [](const Now&, TimerId, Effects& out) {
      out.Send(NodeId(0), Numbered(0, 100));
    };
    // The timer was moved twice, and the message's call read the clock.
    CHECK(RunAll(world) == Receipt{1, 3});
    CHECK(TimersAt(world, 0) == std::vector<Instant>{At(kMs * (is_slow ? 12 : 8))});
  }
}

TEST_CASE("clock_slew: the clock is moved little by little, and no further once it ends") {
  for (const bool is_cut : {false, true}) {
    SmallWorld world({2});
    SetTimers(world, Clock::kSynced);
    // 1 ms at a quarter more than time takes 4 ms; cut after 2, only half of it is done.
    AddFault(world, "clock_slew", 0, kMs, kMs * (is_cut ? 3 : 7),
             {{"clock", "synced"}, {"by", "1ms"}, {"rate_ppb", 250'000'000}});
    RunAll(world);
    CHECK(TimersAt(world, 0) == std::vector<Instant>{At(is_cut ? kUs * 9'500 : kMs * 9)});
  }
}

TEST_CASE("clock_freeze: the clock stands still until the last fault that holds it ends") {
  SmallWorld world({2});
  SetTimers(world, Clock::kMonotonic);
  AddFault(world, "clock_freeze", 0, kMs * 2, kMs * 4, {{"clock", "monotonic"}});
  AddFault(world, "clock_freeze", 0, kMs * 3, kMs * 7, {{"clock", "monotonic"}});
  AddFault(world, "clock_freeze", 0, kMs * 8, kMs * 9);  // Of another clock.
  CHECK(RunAll(world) == Receipt{1, 2});                 // The timer was moved, and moved back.
  CHECK(TimersAt(world, 0) == std::vector<Instant>{At(kMs * 15)});
}

TEST_CASE("conn_reset: what a stream carried is destroyed, and its credit comes back") {
  SmallWorld world({3});
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    for (std::uint64_t i = 0; i < 4; ++i) {
      out.Send(NodeId(1), Data(core::Run{i, 1, 1}, 1'000'000));
      out.Send(NodeId(2), Data(core::Run{i, 1, 1}, 1'000'000));
    }
    out.SetTimer(TimerId(0), now.monotonic() + kMs * 20);
  };
  world.host(0).on_timer = [](const Now&, TimerId, Effects& out) {
    out.Send(NodeId(1), Data(core::Run{9, 1, 1}, 1'000));
  };
  Fault& fault = world.AddFault("conn_reset");
  fault.at = At(kMs * 2);  // Two streams share 10 Gbit/s: one message of each has left the card.
  fault.link.src = {NodeId(0)};
  fault.link.dst = {NodeId(1)};
  // Three messages were lost, and the connection was opened again.
  CHECK(RunAll(world) == Receipt{1, 4});
  std::vector<std::uint64_t> handed;
  for (const trace::Event& event : world.Of(core::Fact::kCarries, trace::Phase::kHanded, 1))
    handed.push_back(event.value);
  CHECK(handed == std::vector<std::uint64_t>{0, 9});
  CHECK(world.Of(core::Fact::kCarries, trace::Phase::kHanded, 2).size() == 4);
  const auto destroyed = world.Of(core::Fact::kCarries, trace::Phase::kDestroyed);
  REQUIRE(destroyed.size() == 3);
  for (const trace::Event& event : destroyed) {
    CHECK(event.at == At(kMs * 2));
    CHECK(event.peer == NodeId(1));
    CHECK(event.detail == static_cast<std::uint64_t>(DropCause::kReset));
  }
  CHECK(world.CreditLeft(0, 1) == world.scenario.network.send_buffer.value());
}

TEST_CASE("conn_reset: both directions of a pair if it says so, and only what is open") {
  for (const bool is_both_ways : {false, true}) {
    SmallWorld world({4});
    for (std::uint32_t from = 0; from < 2; ++from) {
      world.host(from).on_start = [=](const Now&, auto, Effects& out) {
        out.Send(NodeId(1 - from), Numbered(from, 1'000'000));
      };
    }
    Fault& fault = world.AddFault("conn_reset", {}, {{"both", is_both_ways}});
    fault.at = At(kUs * 100);
    fault.link.src = {NodeId(0), NodeId(3)};
    const std::uint64_t streams = is_both_ways ? 2 : 1;
    CHECK(RunAll(world) == Receipt{streams, streams});
    CHECK(world.arrivals().size() == 2 - streams);
  }
}

TEST_CASE("conn_reset: datagrams have no connection to reset") {
  SmallWorld world({2});
  world.intra().transport = sim::Transport::kDatagram;
  SendTen(world);
  world.AddFault("conn_reset").at = At(kUs * 5'010);
  CHECK(RunAll(world) == Receipt{0, 0});
  CHECK(world.arrivals().size() == 10);
}

TEST_CASE("half_open: nothing arrives until it ends, and then the stream is a new one") {
  SmallWorld world({2});
  SendTen(world);
  Fault& fault = world.AddFault("half_open");
  fault.at = At(kUs * 2'500);
  fault.until = At(kUs * 5'500);
  const Receipt receipt = RunAll(world);
  CHECK(receipt.touched == 1);
  CHECK(receipt.changed >= 3);  // Each message, and what was sent again.
  CHECK(world.NumbersAt(1) == std::vector<std::uint64_t>{0, 1, 2, 6, 7, 8, 9});
  CHECK(receipt.changed + 3 == CountDrops(world, DropCause::kReset));
}

TEST_CASE("half_open: a sender that gives up opens a new stream, which is no longer forgotten") {
  SmallWorld world({2});
  SendTen(world);
  world.scenario.end = At(Duration::Seconds(100'000));
  world.scenario.heal = world.scenario.end;
  world.host(0).on_timer = [](const Now& now, TimerId timer, Effects& out) {
    out.Send(NodeId(1), Numbered(timer.value(), 100));
    if (timer.value() == 9) out.SetTimer(TimerId(20), now.monotonic() + Duration::Seconds(9'000));
  };
  Fault& fault = world.AddFault("half_open");
  fault.at = At(kUs * 8'500);
  fault.until = At(Duration::Seconds(20'000));
  world.Run(Duration::Seconds(20'001));
  CHECK(world.NumbersAt(1) == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 20});
  CHECK(world.CreditLeft(0, 1) == world.scenario.network.send_buffer.value());
}

TEST_CASE("half_open: a stream that was never opened cannot be forgotten") {
  SmallWorld world({2});
  SendTen(world);
  AddFault(world, "half_open", 0, Duration(), kMs * 5);
  CHECK(RunAll(world) == Receipt{0, 0});
  CHECK(world.arrivals().size() == 10);
}

TEST_CASE("crash: the disk keeps what the fault's state says") {
  struct Case {
    std::string state;
    std::size_t kept;
  };
  // One record is durable at 10 us, the other is in flight when the host crashes.
  for (const Case& crash : {Case{"keep", 2}, Case{"lose_unsynced", 1}, Case{"amnesia", 0}}) {
    SmallWorld world({2});
    world.scenario.profile.disk.is_instant = false;
    world.scenario.profile.disk.sync = sim::Distribution(kUs * 10);
    std::vector<std::size_t> lives;
    world.host(0).on_start = [&](const Now& now, std::span<const Bytes> saved, Effects& out) {
      lives.push_back(saved.size());
      if (lives.size() > 1) return;
      out.Save(Bytes::Copy("durable"));
      out.SetTimer(TimerId(0), now.monotonic() + kUs * 20);
    };
    world.host(0).on_timer = [](const Now&, TimerId, Effects& out) {
      out.Save(Bytes::Copy("in flight"));
    };
    world.AddFault("crash", {0}, {{"restart_after", "1ms"}, {"state", crash.state}}).at =
        At(kUs * 25);
    CHECK(RunAll(world) == Receipt{1, 1});
    CHECK(lives == std::vector<std::size_t>{0, crash.kept});
  }
}

}  // namespace lockstep::tests
