// Disks that do not keep what they were given: it shows when the node starts again.

#include <cstdint>
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
using core::Now;
using core::TimerId;
using sim::Fault;
using trace::EventKind;

const Duration kMs = Duration::Milliseconds(1);

using Texts = std::vector<std::string>;
struct Lives {
  std::vector<Texts> read;  // in each life
  std::uint64_t changed = 0;
};

// Host 0 saves "alpha", and while the fault is there "bravo" and "charlie"; then it crashes, and is
// back.
Lives Live(const std::string& kind, bool is_power_lost, const nlohmann::json& parameters = {}) {
  SmallWorld world({2});
  Lives lives;
  world.host(0).on_start = [&](const Now& now, std::span<const Bytes> saved, Effects& out) {
    Texts texts;
    for (const Bytes& record : saved) texts.push_back(record.ToString());
    lives.read.push_back(texts);
    if (lives.read.size() > 1) return;
    out.Save(Bytes::Copy("alpha"));
    out.SetTimer(TimerId(0), now.monotonic() + kMs);
  };
  world.host(0).on_timer = [](const Now&, TimerId, Effects& out) {
    out.Save(Bytes::Copy("bravo"));
    out.Save(Bytes::Copy("charlie"));
  };
  Fault& fault =
      world.AddFault(kind, {0}, parameters.is_null() ? nlohmann::json::object() : parameters);
  fault.at = At(Duration::Microseconds(500));
  world
      .AddFault("crash", {0},
                {{"restart_after", "1ms"}, {"scope", is_power_lost ? "machine" : "process"}})
      .at = At(kMs * 5);
  world.Run(kMs * 20);
  world.Finish();
  lives.changed = world.Of(EventKind::kReceipt)[0].further;
  REQUIRE(lives.read.size() == 2);
  return lives;
}

}  // namespace

TEST_CASE("lost_write: what was written meanwhile is not there") {
  const Lives lives = Live("lost_write", false);
  CHECK(lives.read[1] == Texts{"alpha"});
  CHECK(lives.changed == 2);
}

TEST_CASE("torn_write: a beginning of it is there") {
  const Lives lives = Live("torn_write", false);
  REQUIRE(lives.read[1].size() == 3);
  CHECK(lives.read[1][0] == "alpha");
  CHECK(lives.read[1][1].size() < 5);
  CHECK(std::string("bravo").rfind(lives.read[1][1], 0) == 0);
  CHECK(lives.changed == 2);
}

TEST_CASE("bit_rot: one bit of it is another") {
  const Lives lives = Live("bit_rot", false);
  REQUIRE(lives.read[1].size() == 3);
  CHECK(lives.read[1][1] != "bravo");
  CHECK(lives.read[1][1].size() == 5);
  CHECK(lives.changed == 2);
}

TEST_CASE("fsync_lie: it is lost with the power, and not with the process") {
  CHECK(Live("fsync_lie", false).read[1] == Texts{"alpha", "bravo", "charlie"});
  CHECK(Live("fsync_lie", false).changed == 0);
  CHECK(Live("fsync_lie", true).read[1] == Texts{"alpha"});
  CHECK(Live("fsync_lie", true).changed == 2);
}

TEST_CASE("misdirected_write: it stands where another record stood") {
  const Lives lives = Live("misdirected_write", false);
  CHECK(lives.read[1] == Texts{"charlie"});
  CHECK(lives.changed == 2);
}

TEST_CASE("stale_read: the newest records are not read") {
  const Lives lives = Live("stale_read", false, {{"records", 2}});
  CHECK(lives.read[1] == Texts{"alpha"});
  CHECK(lives.changed == 2);
}

TEST_CASE("rollback: the disk is what it was when the fault began, and holds what comes after") {
  SmallWorld world({2});
  std::vector<Texts> read;
  world.host(0).on_start = [&](const Now& now, std::span<const Bytes> saved, Effects& out) {
    Texts texts;
    for (const Bytes& record : saved) texts.push_back(record.ToString());
    read.push_back(texts);
    out.Save(Bytes::Copy("life " + std::to_string(read.size())));
    if (read.size() == 1) out.SetTimer(TimerId(0), now.monotonic() + kMs);
  };
  world.host(0).on_timer = [](const Now&, TimerId, Effects& out) {
    out.Save(Bytes::Copy("bravo"));
    out.Save(Bytes::Copy("charlie"));
  };
  Fault& fault = world.AddFault("rollback", {0}, {{"restart_after", "1ms"}});
  fault.at = At(Duration::Microseconds(500));
  fault.until = At(kMs * 5);
  world.AddFault("crash", {0}, {{"restart_after", "1ms"}}).at = At(kMs * 10);
  world.Run(kMs * 20);
  world.Finish();
  CHECK(read == std::vector<Texts>{{}, {"life 1"}, {"life 1", "life 2"}});
  CHECK(world.Of(EventKind::kReceipt)[0].further == 3);
}

TEST_CASE("write_fail: the process ends before the record is there") {
  SmallWorld world({2});
  std::size_t lives = 0;
  world.host(0).on_start = [&](const Now&, std::span<const Bytes> saved, Effects& out) {
    CHECK(saved.empty());
    if (++lives == 1) out.Save(Bytes::Copy("alpha"));
  };
  world.AddFault("write_fail", {0}, {{"restart_after", "1ms"}});
  world.Run(kMs * 20);
  world.Finish();
  CHECK(lives == 2);
  CHECK(world.Of(EventKind::kReceipt)[0].further == 1);
}

TEST_CASE("fsync_fail: what was in flight is lost with the process, what was durable is not") {
  SmallWorld world({2});
  world.scenario.profile.disk.is_instant = false;
  world.scenario.profile.disk.sync = sim::Distribution(Duration::Microseconds(10));
  std::vector<Texts> lives;
  world.host(0).on_start = [&](const Now& now, std::span<const Bytes> saved, Effects& out) {
    Texts texts;
    for (const Bytes& record : saved) texts.push_back(record.ToString());
    lives.push_back(texts);
    if (lives.size() > 1) return;
    out.Save(Bytes::Copy("alpha"));
    out.SetTimer(TimerId(0), now.monotonic() + kMs);
  };
  world.host(0).on_timer = [](const Now&, TimerId, Effects& out) {
    out.Save(Bytes::Copy("bravo"));
  };
  world.AddFault("fsync_fail", {0}, {{"restart_after", "1ms"}}).at =
      At(Duration::Microseconds(500));
  world.Run(kMs * 20);
  CHECK(lives == std::vector<Texts>{{}, {"alpha"}});
}

}  // namespace lockstep::tests
