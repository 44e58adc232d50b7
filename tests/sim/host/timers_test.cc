// The table of timers: what it costs the queue, and what it hands over.

#include "sim/host/timers.h"

#include <cstdint>

#include "sim/event_queue.h"
#include "sim/host/clock.h"
#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Clock;
using core::Duration;
using core::Instant;
using core::TimerId;

const Duration kUs = Duration::Microseconds(1);

struct Table {
  sim::EventQueue queue;
  sim::HostClock clock{sim::ClockSpec{}, core::Random(1)};
  sim::Timers timers{core::NodeId(0), clock, queue};

  // Pops what is next, and says whether a timer has expired and still stands.
  bool Fires() {
    const sim::Due due = queue.Pop();
    const auto expired = timers.OnTask(due.at, due.task);
    return expired && timers.Take(*expired);
  }
};

}  // namespace

TEST_CASE(
    "timers: pushed back a million times, one costs one entry, and fires when it was last set") {
  Table table;
  for (int i = 0; i < 1'000'000; ++i)
    table.timers.Set(Instant(), TimerId(1), At(kUs * (10 + i)), Clock::kMonotonic);
  CHECK(table.queue.size() == 1);
  CHECK_FALSE(table.Fires());  // Due at first; it is moved to where it is due now.
  REQUIRE(table.queue.size() == 1);
  CHECK(table.queue.NextTime() == At(kUs * 1'000'009));
  CHECK(table.Fires());
  CHECK(table.queue.empty());
}

TEST_CASE("timers: set and cancelled a million times, one costs one entry, and never fires") {
  Table table;
  for (int i = 0; i < 1'000'000; ++i) {
    table.timers.Set(Instant(), TimerId(1), At(kUs * 10), Clock::kMonotonic);
    table.timers.Cancel(TimerId(1));
  }
  CHECK(table.queue.size() == 1);
  CHECK_FALSE(table.Fires());
  CHECK(table.queue.empty());
}

TEST_CASE("timers: pulled forward, one fires once, at the earlier time") {
  Table table;
  table.timers.Set(Instant(), TimerId(1), At(kUs * 10), Clock::kMonotonic);
  table.timers.Set(Instant(), TimerId(1), At(kUs * 5), Clock::kMonotonic);
  CHECK(table.queue.NextTime() == At(kUs * 5));
  CHECK(table.Fires());
  CHECK_FALSE(table.Fires());  // The later entry says nothing.
  CHECK(table.queue.empty());
}

TEST_CASE("timers: one that has expired and is set anew before it is handed over waits again") {
  Table table;
  table.timers.Set(Instant(), TimerId(1), At(kUs * 10), Clock::kMonotonic);
  const sim::Due due = table.queue.Pop();
  const auto expired = table.timers.OnTask(due.at, due.task);
  REQUIRE(expired);
  table.timers.Set(due.at, TimerId(1), At(kUs * 20), Clock::kMonotonic);
  CHECK_FALSE(table.timers.Take(*expired));
  CHECK(table.Fires());
}

TEST_CASE("timers: an entry of an earlier life fires nothing of the next") {
  Table table;
  table.timers.Set(Instant(), TimerId(1), At(kUs * 10), Clock::kMonotonic);
  table.timers.Clear();
  table.timers.Set(Instant(), TimerId(1), At(kUs * 30), Clock::kMonotonic);
  CHECK_FALSE(table.Fires());
  CHECK(table.queue.NextTime() == At(kUs * 30));
  CHECK(table.Fires());
}

}  // namespace lockstep::tests
