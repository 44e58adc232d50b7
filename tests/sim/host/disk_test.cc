// Disks: when records are durable, and what a crash leaves of them.

#include "sim/host/disk.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Bytes;
using core::Duration;
using core::Effects;
using core::Instant;
using core::Layer;
using core::NodeId;
using core::Now;
using core::Random;
using core::TimerId;
using sim::CrashState;
using sim::Disk;
using sim::DiskSpec;
using sim::Distribution;
using Texts = std::vector<std::string>;

const Duration kUs = Duration::Microseconds(1);

// 10 us a write, 1 us a byte, 100 us a sync.
DiskSpec SlowDisk() {
  DiskSpec spec;
  spec.is_instant = false;
  spec.latency = Distribution(kUs * 10);
  spec.bandwidth_bps = 8'000'000;
  spec.sync = Distribution(kUs * 100);
  return spec;
}

Disk::Write Text(const char* text, std::uint8_t layer = 0) {
  return {Layer(layer), Bytes::Copy(text), false};
}
Disk::Write Snapshot(const char* text, std::uint8_t layer = 0) {
  return {Layer(layer), Bytes::Copy(text), true};
}

Texts TextsOf(const std::vector<Bytes>& records) {
  Texts texts;
  for (const Bytes& record : records) texts.push_back(record.ToString());
  return texts;
}

// What is left of "old", durable, and two groups in flight: "abcd" and "efgh", then "ijkl".
Texts LeftBy(CrashState state, std::uint64_t seed = 1) {
  const DiskSpec spec = SlowDisk();
  Disk disk(spec, Random(seed));
  const Instant durable = disk.Begin(Instant(), {Text("old")});
  disk.Settle(durable);
  disk.Begin(durable, {Text("abcd"), Text("efgh")});
  disk.Begin(durable, {Text("ijkl")});
  disk.Crash(durable + kUs, state);
  return TextsOf(disk.Records());
}

}  // namespace

TEST_CASE("disk: a group takes its writes, its bytes and one sync, after the groups before it") {
  const DiskSpec spec = SlowDisk();
  Disk disk(spec, Random(1));
  CHECK(disk.Begin(Instant(), {Text("abc")}) == At(kUs * (10 + 3 + 100)));
  CHECK(disk.Begin(Instant(), {Text("abc"), Text("de")}) == At(kUs * (113 + 20 + 5 + 100)));
  CHECK(disk.Begin(At(kUs * 1'000), {Text("a")}) == At(kUs * 1'111));
}

TEST_CASE("disk: a record is there once it is durable, and acted on or past") {
  const DiskSpec spec = SlowDisk();
  for (const bool is_acted_on : {false, true}) {
    Disk disk(spec, Random(1));
    const Instant durable = disk.Begin(Instant(), {Text("abc")});
    if (is_acted_on) disk.Settle(durable);
    CHECK(disk.Records().size() == (is_acted_on ? 1 : 0));
    disk.Crash(durable, CrashState::kLoseUnsynced);
    CHECK(disk.Records().size() == (is_acted_on ? 1 : 0));
  }
  Disk disk(spec, Random(1));
  const Instant durable = disk.Begin(Instant(), {Text("abc")});
  disk.Crash(durable + Duration::Picoseconds(1), CrashState::kLoseUnsynced);
  CHECK(disk.Records().size() == 1);
}

TEST_CASE("disk: a crash keeps what is in flight, loses it, or loses all") {
  CHECK(LeftBy(CrashState::kKeep) == Texts{"old", "abcd", "efgh", "ijkl"});
  CHECK(LeftBy(CrashState::kLoseUnsynced) == Texts{"old"});
  CHECK(LeftBy(CrashState::kAmnesia).empty());
}

TEST_CASE("disk: a crash tears one record in flight, after whole ones") {
  std::set<Texts> seen;
  for (std::uint64_t seed = 0; seed < 400; ++seed) seen.insert(LeftBy(CrashState::kTorn, seed));
  std::set<Texts> possible;
  Texts whole = {"old"};
  for (const std::string record : {"abcd", "efgh", "ijkl"}) {
    possible.insert(whole);
    for (std::size_t size = 1; size < record.size(); ++size) {
      Texts torn = whole;
      torn.push_back(record.substr(0, size));
      possible.insert(torn);
    }
    whole.push_back(record);
  }
  CHECK(seen == possible);
}

TEST_CASE("disk: a snapshot takes the place of its layer's records whole, or not at all") {
  const DiskSpec spec = SlowDisk();
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Disk disk(spec, Random(seed));
    const Instant durable = disk.Begin(Instant(), {Text("low"), Text("high", 1)});
    disk.Settle(durable);
    const Instant replaced = disk.Begin(durable, {Snapshot("all low")});
    disk.Crash(durable + kUs, CrashState::kTorn);
    CHECK(TextsOf(disk.Records()) == Texts{"low", "high"});
    const Instant again = disk.Begin(replaced, {Snapshot("all low"), Text("low 2")});
    disk.Crash(again + kUs, CrashState::kTorn);
    CHECK(TextsOf(disk.Records()) == Texts{"high", "all low", "low 2"});
  }
}

TEST_CASE("disk: what is listed after a save waits until it is durable, later calls do not") {
  SmallWorld world({2});
  world.scenario.profile.disk = SlowDisk();
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(1), now.monotonic() + kUs);
    out.Send(NodeId(1), Numbered(0, 100));
    out.Save(Bytes::Copy("abc"));
    out.Save(Bytes::Copy("de"));
    out.Send(NodeId(1), Numbered(1, 100));
    out.Save(Bytes::Copy("f"));
    out.Send(NodeId(1), Numbered(2, 100));
  };
  world.host(0).on_timer = [](const Now&, TimerId, Effects& out) {
    out.Send(NodeId(1), Numbered(3, 100));
  };
  world.Run(Duration::Seconds(1));
  const Duration wire = WireTime(100) * 2 + kUs * 25;
  REQUIRE(world.NumbersAt(1) == std::vector<std::uint64_t>{0, 3, 1, 2});
  CHECK(world.arrivals()[0].at == At(wire));
  CHECK(world.arrivals()[1].at == At(kUs + wire));
  CHECK(world.arrivals()[2].at == At(kUs * 125 + wire));          // 2 * 10 + 5 + 100
  CHECK(world.arrivals()[3].at == At(kUs * (125 + 111) + wire));  // and 10 + 1 + 100
}

TEST_CASE("disk: what was listed after a save was done only if the save survives any crash") {
  for (const CrashState state : {CrashState::kLoseUnsynced, CrashState::kTorn}) {
    // The save is durable after 10 + 3 + 100 us.
    for (const int crash_us : {1, 112, 113, 114}) {
      CAPTURE(crash_us);
      SmallWorld world({2});
      world.scenario.profile.disk = SlowDisk();
      std::vector<Texts> lives;
      world.host(0).on_start = [&](const Now&, std::span<const Bytes> saved, Effects& out) {
        lives.push_back(TextsOf({saved.begin(), saved.end()}));
        if (lives.size() > 1) return;
        out.Save(Bytes::Copy("abc"));
        out.Send(NodeId(1), Numbered(0, 100));
      };
      world.Run(kUs * crash_us);
      sim::Host& host = world.world().host(NodeId(0));
      host.Crash(world.world().now(), state);
      host.Boot();
      host.Start(world.world().now());
      world.Run(Duration::Seconds(1));
      REQUIRE(lives.size() == 2);
      const bool is_durable = crash_us >= 113;
      CHECK(world.arrivals().size() == (is_durable ? 1 : 0));
      CHECK((lives[1] == Texts{"abc"}) == is_durable);
    }
  }
}

TEST_CASE("disk: it goes on while the host stands still") {
  SmallWorld world({2});
  world.scenario.profile.disk = SlowDisk();
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Save(Bytes::Copy("abc"));  // Durable after 113 us.
    out.Send(NodeId(1), Numbered(0, 100));
  };
  SUBCASE("the pause ends before") {
    world.Run(kUs * 10);
    world.world().host(NodeId(0)).Pause(At(kUs * 10), At(kUs * 60));
    world.Run(Duration::Seconds(1));
    CHECK(world.arrivals().at(0).at == At(kUs * 113 + WireTime(100) * 2 + kUs * 25));
  }
  SUBCASE("the pause ends after") {
    world.Run(kUs * 10);
    world.world().host(NodeId(0)).Pause(At(kUs * 10), At(kUs * 200));
    world.Run(Duration::Seconds(1));
    CHECK(world.arrivals().at(0).at == At(kUs * 200 + WireTime(100) * 2 + kUs * 25));
  }
}

}  // namespace lockstep::tests
