// Faults of timers: late, together, and early; each once.

#include <cstdint>
#include <vector>

#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Duration;
using core::Effects;
using core::Instant;
using core::Now;
using core::TimerId;
using trace::EventKind;

const Duration kMs = Duration::Milliseconds(1);

// Host 0 sets ten timers at the start, for 10 ms, 20 ms, ...
void SetTen(SmallWorld& world) {
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    for (std::int64_t i = 1; i <= 10; ++i)
      out.SetTimer(TimerId(static_cast<std::uint64_t>(i)), now.monotonic() + kMs * 10 * i);
  };
}

std::vector<Duration> Off(SmallWorld& world) {
  world.Run(Duration::Seconds(1));
  std::vector<Duration> off;
  for (const trace::Event& event : world.Of(EventKind::kTimer, 0))
    off.push_back(event.at - At(kMs * 10 * static_cast<std::int64_t>(event.value)));
  return off;
}

}  // namespace

TEST_CASE("timer_jitter: each timer is late once, by no more than the bound") {
  SmallWorld world({2});
  SetTen(world);
  world.AddFault("timer_jitter", {0}, {{"bound", "3ms"}});
  const std::vector<Duration> off = Off(world);
  REQUIRE(off.size() == 10);
  for (const Duration late : off) {
    CHECK(late >= Duration());
    CHECK(late <= kMs * 3);
  }
  CHECK(off[0] != off[1]);
}

TEST_CASE("timer_coalesce: timers fire at multiples of the grain, and no sooner") {
  SmallWorld world({2});
  SetTen(world);
  world.AddFault("timer_coalesce", {0}, {{"grain", "7ms"}});
  const std::vector<Duration> off = Off(world);
  REQUIRE(off.size() == 10);
  for (std::size_t i = 0; i < 10; ++i) {
    CHECK((kMs * 10 * static_cast<std::int64_t>(i + 1) + off[i]).ps() % (kMs * 7).ps() == 0);
    CHECK(off[i] >= Duration());
    CHECK(off[i] < kMs * 7);
  }
}

TEST_CASE("timer_early: timers that are set meanwhile fire earlier, by no more than the bound") {
  SmallWorld world({2});
  SetTen(world);
  world.AddFault("timer_early", {0}, {{"bound", "3ms"}});
  const std::vector<Duration> off = Off(world);
  REQUIRE(off.size() == 10);
  for (const Duration early : off) {
    CHECK(early <= Duration());
    CHECK(early >= Duration() - kMs * 3);
  }
}

TEST_CASE("timer_early: one that is set again and again waits half its time, whatever the bound") {
  SmallWorld world({2});
  std::uint64_t fired = 0;
  world.host(0).on_start = [](const core::Now& now, auto, core::Effects& out) {
    out.SetTimer(core::TimerId(0), now.monotonic() + kMs);
  };
  world.host(0).on_timer = [&](const core::Now& now, core::TimerId timer, core::Effects& out) {
    ++fired;
    out.SetTimer(timer, now.monotonic() + kMs);
  };
  world.AddFault("timer_early", {0}, {{"bound", "3600s"}});
  world.Run(kMs * 100);
  CHECK(fired > 100);
  CHECK(fired <= 200);
}

}  // namespace lockstep::tests
