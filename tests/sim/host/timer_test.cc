// Timers: on three clocks, at the first instant when the clock reads enough.

#include <cstdint>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"

#include "sim/host/clock.h"
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
  sim::ClockSpec& clocks = world.scenario.profile.clocks;
  clocks.monotonic = {kMs, 300'000};
  clocks.wall = {kMs, 300'000};
  clocks.synced = {Duration::Microseconds(77), 13};
  SUBCASE("drawn once") {}
  SUBCASE("corrected often") { clocks.sync_interval = kMs; }
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
        clocks, core::Random(world.scenario.seed).Fork(absl::StrCat("clock/", event.node.value())));
    const auto kind = static_cast<Clock>(event.value / 3);
    const Instant at = wanted[{event.node.value(), event.value}];
    CHECK(clock.Read(kind, event.at) >= at);
    CHECK(clock.Read(kind, event.at - Duration::Picoseconds(1)) < at);
  }
}

TEST_CASE("timer: setting it again replaces it, earlier or later") {
  SmallWorld world({1});
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(1), now.monotonic() + kMs * 5);
    out.SetTimer(TimerId(1), now.monotonic() + kMs * 2, Clock::kWall);
    out.SetTimer(TimerId(2), now.monotonic() + kMs);
    out.SetTimer(TimerId(2), now.monotonic() + kMs * 3);
  };
  world.Run(Duration::Seconds(1));
  CHECK(Fired(world) == std::vector<std::uint64_t>{1, 2});
  CHECK(world.Of(EventKind::kTimer)[0].at == At(kMs * 2));
  CHECK(world.Of(EventKind::kTimer)[1].at == At(kMs * 3));
}

TEST_CASE("timer: a cancelled one never fires, unless it is set again") {
  SmallWorld world({1});
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(1), now.monotonic() + kMs);
    out.SetTimer(TimerId(2), now.monotonic() + kMs * 2);
    out.SetTimer(TimerId(3), now.monotonic() + kMs * 3);
    out.CancelTimer(TimerId(3));
    out.CancelTimer(TimerId(99));
  };
  world.host(0).on_timer = [](const Now& now, TimerId timer, Effects& out) {
    if (timer.value() != 1) return;
    out.CancelTimer(TimerId(2));
    out.SetTimer(TimerId(3), now.monotonic() + kMs * 9);
  };
  world.Run(Duration::Seconds(1));
  CHECK(Fired(world) == std::vector<std::uint64_t>{1, 3});
  CHECK(world.Of(EventKind::kTimer)[1].at == At(kMs * 10));
}

TEST_CASE("timer: one that is due fires now, and equal times in the order of their names") {
  SmallWorld world({1});
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(0), now.monotonic() + kMs);
  };
  world.host(0).on_timer = [](const Now& now, TimerId timer, Effects& out) {
    if (timer.value() != 0) return;
    for (std::uint64_t i = 5; i > 0; --i) out.SetTimer(TimerId(i), now.monotonic() - kMs * 7);
  };
  world.Run(Duration::Seconds(1));
  CHECK(Fired(world) == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5});
  for (const trace::Event& event : world.Of(EventKind::kTimer)) CHECK(event.at == At(kMs));
}

TEST_CASE("timer: it can set itself again") {
  SmallWorld world({1});
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(0), now.monotonic() + kMs);
  };
  world.host(0).on_timer = [](const Now& now, TimerId timer, Effects& out) {
    out.SetTimer(timer, now.monotonic() + kMs);
  };
  world.Run(kMs * 10);
  CHECK(Fired(world).size() == 10);
}

// --- Clocks that are changed at run time ---

namespace {

// A host whose node sets timers 1, 2, ... on `clock` at 10 ms, 20 ms, ... of it.
void SetTens(SmallWorld& world, Clock clock, std::uint64_t timers) {
  world.host(0).on_start = [=](const Now&, auto, Effects& out) {
    for (std::uint64_t i = timers; i > 0; --i)
      out.SetTimer(TimerId(i), At(kMs * 10 * static_cast<std::int64_t>(i)), clock);
  };
}

// Does `change` to the clocks of the host at `at`, and tells it.
template <typename Function>
void ChangeAt(SmallWorld& world, Duration at, Clock clock, const Function& change) {
  world.Run(at);
  sim::Host& host = world.world().host(core::NodeId(0));
  change(host.clock());
  host.OnClockChanged(At(at), clock);
}

std::vector<Instant> Times(const SmallWorld& world) {
  std::vector<Instant> times;
  for (const trace::Event& event : world.Of(EventKind::kTimer, 0)) times.push_back(event.at);
  return times;
}

}  // namespace

TEST_CASE("timer: a step past it fires it at once, in order of ids, and others earlier") {
  for (const Clock clock : {Clock::kMonotonic, Clock::kSynced, Clock::kWall}) {
    SmallWorld world({1});
    SetTens(world, clock, 4);
    ChangeAt(world, kMs * 5, clock,
             [&](sim::HostClock& host) { host.Step(At(kMs * 5), clock, kMs * 26); });
    world.Run(Duration::Seconds(1));
    CHECK(Fired(world) == std::vector<std::uint64_t>{1, 2, 3, 4});
    CHECK(Times(world) ==
          std::vector<Instant>{At(kMs * 5), At(kMs * 5), At(kMs * 5), At(kMs * 14)});
  }
}

TEST_CASE("timer: a step back postpones it, on its own clock alone") {
  for (const Clock clock : {Clock::kMonotonic, Clock::kSynced, Clock::kWall}) {
    for (const Clock stepped : {Clock::kMonotonic, Clock::kSynced, Clock::kWall}) {
      SmallWorld world({1});
      SetTens(world, clock, 2);
      ChangeAt(world, kMs * 15, stepped,
               [&](sim::HostClock& host) { host.Step(At(kMs * 15), stepped, kMs * -7); });
      world.Run(Duration::Seconds(1));
      const Duration late = clock == stepped ? kMs * 7 : Duration();
      CHECK(Times(world) == std::vector<Instant>{At(kMs * 10), At(kMs * 20 + late)});
    }
  }
}

TEST_CASE("timer: it waits for a frozen clock, and keeps pace with one that drifts or slews") {
  SmallWorld world({1});
  const Clock clock = Clock::kSynced;
  SetTens(world, clock, 4);
  ChangeAt(world, kMs * 5, clock, [](sim::HostClock& host) { host.Freeze(At(kMs * 5), clock); });
  ChangeAt(world, kMs * 105, clock,
           [](sim::HostClock& host) { host.Unfreeze(At(kMs * 105), clock); });
  // Timer 1 at 110 ms. At 115 ms the clock reads 15 ms, and goes on at half its pace.
  ChangeAt(world, kMs * 115, clock,
           [](sim::HostClock& host) { host.SetDrift(At(kMs * 115), clock, -500'000'000); });
  // Timer 2 at 125 ms. At 127 ms the clock reads 21 ms; a quarter faster gains 2 ms in 8 ms.
  ChangeAt(world, kMs * 127, clock, [](sim::HostClock& host) {
    host.SetDrift(At(kMs * 127), clock, std::nullopt);
    host.Slew(At(kMs * 127), clock, kMs * 2, 250'000'000);
  });
  world.Run(Duration::Seconds(1));
  CHECK(Fired(world) == std::vector<std::uint64_t>{1, 2, 3, 4});
  // At 135 ms it reads 31 ms; 30 ms was 1 ms of it earlier, at 5/4 of the pace.
  CHECK(Times(world) == std::vector<Instant>{At(kMs * 110), At(kMs * 125),
                                             At(kMs * 135 - Duration::Microseconds(800)),
                                             At(kMs * 144)});
}

TEST_CASE("timer: one that was cancelled or has fired does not come back with its clock") {
  SmallWorld world({1});
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.SetTimer(TimerId(1), At(kMs), Clock::kWall);
    out.SetTimer(TimerId(2), At(kMs * 9), Clock::kWall);
    out.CancelTimer(TimerId(2));
  };
  ChangeAt(world, kMs * 2, Clock::kWall,
           [](sim::HostClock& host) { host.Step(At(kMs * 2), Clock::kWall, kMs * -2); });
  world.Run(Duration::Seconds(1));
  CHECK(Fired(world) == std::vector<std::uint64_t>{1});
}

TEST_CASE("timer: the hour that wall clocks begin at changes nothing for who never reads them") {
  const auto digest = [](Duration wall_start) {
    SmallWorld world({3});
    sim::ClockSpec& clocks = world.scenario.profile.clocks;
    clocks.monotonic = {kMs, 100'000};
    clocks.wall = {kMs, 100'000};
    clocks.synced = {Duration::Microseconds(50), 1'000};
    clocks.sync_interval = kMs * 10;
    clocks.wall_start = wall_start;
    bool is_shifted = true;
    for (std::uint32_t host = 0; host < 3; ++host) {
      world.host(host).on_start = [&](const Now& now, auto, Effects& out) {
        is_shifted = is_shifted && now.wall() >= At(wall_start - kMs);
        out.SetTimer(TimerId(1), now.monotonic() + kMs);
        out.SetTimer(TimerId(2), now.synced() + kMs, Clock::kSynced);
      };
      world.host(host).on_timer = [=](const Now& now, TimerId timer, Effects& out) {
        const Clock clock = timer == TimerId(1) ? Clock::kMonotonic : Clock::kSynced;
        out.SetTimer(timer, now.On(clock) + kMs, clock);
        out.Send(core::NodeId((host + 1) % 3), Numbered(timer.value(), 100));
      };
    }
    world.Run(Duration::Seconds(1));
    world.Finish();
    CHECK(is_shifted);
    return world.digest();
  };
  CHECK(digest(Duration()) == digest(Duration::Seconds(3'600)));
}

}  // namespace lockstep::tests
