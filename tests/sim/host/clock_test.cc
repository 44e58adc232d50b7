// Clocks: what a host reads, and the exact instant at which it reads something.

#include "sim/host/clock.h"

#include <vector>

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using core::Clock;
using core::Duration;
using core::Instant;
using sim::ClocksAt;
using sim::HostClock;

constexpr Clock kAllClocks[] = {Clock::kMonotonic, Clock::kSynced, Clock::kWall};

sim::ClockSpec Skewed() {
  sim::ClockSpec spec;
  spec.monotonic = {Duration::Milliseconds(1), 200'000};  // 200 ppm
  spec.wall = spec.monotonic;
  spec.synced = {Duration::Microseconds(10), 7};
  return spec;
}

Instant AtPs(std::uint64_t ps) { return Instant::FromPicoseconds(static_cast<std::int64_t>(ps)); }

Instant Read(const HostClock& clock, Clock kind, Instant global) {
  return clock.Read(kind, global);
}

}  // namespace

TEST_CASE("clock: without offset and drift, all three read the global time") {
  const HostClock clock(sim::ClockSpec(), core::Random(1));
  for (const std::uint64_t ps : {0ULL, 1ULL, 999'999'999'999ULL, 1ULL << 62}) {
    for (const Clock kind : kAllClocks) {
      CHECK(Read(clock, kind, AtPs(ps)) == AtPs(ps));
      CHECK(clock.GlobalAt(kind, AtPs(ps)) == AtPs(ps));
    }
  }
}

TEST_CASE("clock: the instant at which it reads something is exact, to the picosecond") {
  core::Random random(5);
  for (std::uint64_t host = 0; host < 200; ++host) {
    const HostClock clock(Skewed(), core::Random(host));
    for (const Clock kind : kAllClocks) {
      // Up to 100 days, of which most are short.
      const std::uint64_t span = 1ULL << (20 + random.Below(43));
      const Instant local = AtPs(random.Below(span) + 2'000'000'000);
      const Instant global = clock.GlobalAt(kind, local);
      REQUIRE(Read(clock, kind, global) >= local);
      if (global == Instant()) continue;
      REQUIRE(Read(clock, kind, global - Duration::Picoseconds(1)) < local);
    }
  }
}

TEST_CASE("clock: a reading that is over at the start is due at the start") {
  for (std::uint64_t host = 0; host < 20; ++host) {
    const HostClock clock(Skewed(), core::Random(host));
    for (const Clock kind : kAllClocks) {
      const Instant reading = Read(clock, kind, Instant());
      CHECK(clock.GlobalAt(kind, reading) == Instant());
      CHECK(clock.GlobalAt(kind, reading - Duration::Seconds(5)) == Instant());
      CHECK(clock.GlobalAt(kind, reading + Duration::Picoseconds(10)) > Instant());
    }
  }
}

TEST_CASE("clock: it never goes back, and its rate is within the bounds of the profile") {
  core::Random random(6);
  for (std::uint64_t host = 0; host < 50; ++host) {
    const HostClock clock(Skewed(), core::Random(host));
    for (const Clock kind : kAllClocks) {
      const bool is_synced = kind == Clock::kSynced;
      const std::int64_t ppb = is_synced ? 7 : 200'000;
      const Duration offset = is_synced ? Duration::Microseconds(10) : Duration::Milliseconds(1);
      const Instant start = Read(clock, kind, Instant());
      CHECK(start <= Instant() + offset);
      CHECK(start >= Instant() - offset);
      Instant global;
      for (int i = 0; i < 100; ++i) {
        const Instant next =
            global + Duration::Picoseconds(static_cast<std::int64_t>(random.Below(10'000'000'000)));
        CHECK(Read(clock, kind, next) >= Read(clock, kind, global));
        global = next;
      }
      const std::int64_t drift = (Read(clock, kind, global) - start - (global - Instant())).ps();
      const std::int64_t most = (global - Instant()).ps() / 1'000'000'000 * ppb + ppb;
      CHECK(drift <= most);
      CHECK(drift >= -most);
    }
  }
}

TEST_CASE("clock: hosts differ, and so do the three clocks of one") {
  const HostClock one(Skewed(), core::Random(1).Fork("clock/0"));
  const HostClock other(Skewed(), core::Random(1).Fork("clock/1"));
  const ClocksAt clocks(one, Instant());
  const core::Now now(clocks);
  CHECK(now.monotonic() != other.Read(core::Clock::kMonotonic, Instant()));
  CHECK(now.monotonic() != now.wall());
  CHECK(now.monotonic() != now.synced());
}

}  // namespace lockstep::tests
