// Timers: on three clocks, at the first instant when the clock reads enough.

#include <cstdint>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"

#include "sim/clock.h"
#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Clock;
using core::Duration;
using core::Effects;
using core::Instant;
using core::Now;
using core::TimerId;
using trace::EventKind;

const Duration kMs = Duration::Milliseconds(1);

std::vector<std::uint64_t> Fired(const SmallWorld& world) {
  std::vector<std::uint64_t> timers;
  for (const trace::Event& event : world.Of(EventKind::kTimer, 0)) timers.push_back(event.value);
  return timers;
}

}  // namespace

TEST_CASE("timer: it fires at the first instant when its clock reads at least its time") {
  SmallWorld world({20});
  sim::Profile& profile = world.scenario.profile;
  profile.clock_offset_max = kMs;
  profile.clock_drift_ppb_max = 300'000;
  profile.synced_offset_max = Duration::Microseconds(77);
  profile.synced_drift_ppb_max = 13;
  for (std::uint32_t host = 0; host < 20; ++host) {
    world.host(host).on_start = [](const Now& now, auto, Effects& out) {
      for (const Clock clock : {Clock::kMonotonic, Clock::kSynced, Clock::kWall}) {
        for (std::uint64_t i = 0; i < 3; ++i) {
          const auto wait = Duration::Picoseconds(7'777'777'777) * static_cast<std::int64_t>(i + 1);
          out.SetTimer(TimerId(static_cast<std::uint64_t>(clock) * 3 + i), now.On(clock) + wait,
                       clock);
        }
      }
    };
  }
  world.Run(Duration::Seconds(1));
  std::map<std::pair<std::uint32_t, std::uint64_t>, Instant> wanted;
  for (const trace::Event& event : world.Of(EventKind::kSetTimer)) {
    wanted[{event.node.value(), event.value}] =
        Instant::FromPicoseconds(static_cast<std::int64_t>(event.detail));
  }
  const auto fired = world.Of(EventKind::kTimer);
  CHECK(fired.size() == 20 * 9);
  for (const trace::Event& event : fired) {
    const sim::HostClock clock(
        profile,
        core::Random(world.scenario.seed).Fork(absl::StrCat("clock/", event.node.value())));
    const auto kind = static_cast<Clock>(event.value / 3);
    const Instant at = wanted[{event.node.value(), event.value}];
    CHECK(clock.Read(event.at).On(kind) >= at);
    CHECK(clock.Read(event.at - Duration::Picoseconds(1)).On(kind) < at);
  }
}

TEST_CASE("timer: setting it again replaces it, earlier or later") {
  SmallWorld world({1});
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(1), now.monotonic + kMs * 5);
    out.SetTimer(TimerId(1), now.monotonic + kMs * 2, Clock::kWall);
    out.SetTimer(TimerId(2), now.monotonic + kMs);
    out.SetTimer(TimerId(2), now.monotonic + kMs * 3);
  };
  world.Run(Duration::Seconds(1));
  CHECK(Fired(world) == std::vector<std::uint64_t>{1, 2});
  CHECK(world.Of(EventKind::kTimer)[0].at == At(kMs * 2));
  CHECK(world.Of(EventKind::kTimer)[1].at == At(kMs * 3));
}

TEST_CASE("timer: a cancelled one never fires, unless it is set again") {
  SmallWorld world({1});
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(1), now.monotonic + kMs);
    out.SetTimer(TimerId(2), now.monotonic + kMs * 2);
    out.SetTimer(TimerId(3), now.monotonic + kMs * 3);
    out.CancelTimer(TimerId(3));
    out.CancelTimer(TimerId(99));
  };
  world.host(0).on_timer = [](const Now& now, TimerId timer, Effects& out) {
    if (timer.value() != 1) return;
    out.CancelTimer(TimerId(2));
    out.SetTimer(TimerId(3), now.monotonic + kMs * 9);
  };
  world.Run(Duration::Seconds(1));
  CHECK(Fired(world) == std::vector<std::uint64_t>{1, 3});
  CHECK(world.Of(EventKind::kTimer)[1].at == At(kMs * 10));
}

TEST_CASE("timer: one that is due fires now, and equal times in the order of setting") {
  SmallWorld world({1});
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(0), now.monotonic + kMs);
  };
  world.host(0).on_timer = [](const Now& now, TimerId timer, Effects& out) {
    if (timer.value() != 0) return;
    for (std::uint64_t i = 5; i > 0; --i) out.SetTimer(TimerId(i), now.monotonic - kMs * 7);
  };
  world.Run(Duration::Seconds(1));
  CHECK(Fired(world) == std::vector<std::uint64_t>{0, 5, 4, 3, 2, 1});
  for (const trace::Event& event : world.Of(EventKind::kTimer)) CHECK(event.at == At(kMs));
}

TEST_CASE("timer: it can set itself again") {
  SmallWorld world({1});
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(0), now.monotonic + kMs);
  };
  world.host(0).on_timer = [](const Now& now, TimerId timer, Effects& out) {
    out.SetTimer(timer, now.monotonic + kMs);
  };
  world.Run(kMs * 10);
  CHECK(Fired(world).size() == 10);
}

}  // namespace lockstep::tests
