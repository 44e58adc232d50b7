// How long a repeat has to wait, measured (RFC 6298, and Karn's rule).

#include "protocols/picsou/repeat_interval.h"

#include <cstdint>

#include "tests/support/listed.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Duration;
using picsou::Ack;
using picsou::RepeatInterval;

core::Instant At(std::int64_t ms) { return NowAtMs(ms).monotonic(); }

// Two of three receivers are a QUACK.
RepeatInterval Measured(std::int64_t floor_ms = 20) {
  return RepeatInterval(Duration::Milliseconds(floor_ms), 3, 2, /*phi=*/64);
}

}  // namespace

TEST_CASE("repeat interval: a fixed one is what it is, whatever is measured or attempted") {
  for (const std::int64_t ms : {0, 100}) {
    RepeatInterval interval = Duration::Milliseconds(ms);
    interval.OnSent(At(0), 5);
    interval.OnReport(At(7), 0, {9, 0, {}}, 9);
    CHECK(interval.After(0) == Duration::Milliseconds(ms));
    CHECK(interval.After(9) == Duration::Milliseconds(ms));
  }
}

TEST_CASE("repeat interval: three times the first time to a QUACK, then smoothed") {
  RepeatInterval interval = Measured();
  CHECK(interval.After(0) == RepeatInterval::kInitial);
  interval.OnSent(At(0), 5);
  interval.OnSent(At(10), 9);  // One at a time is timed.
  interval.OnReport(At(30), 0, {6, 0, {}}, 5);
  CHECK(interval.After(0) == RepeatInterval::kInitial);
  interval.OnReport(At(40), 1, {6, 0, {}}, 6);
  CHECK(interval.After(0) == Duration::Milliseconds(40 + 4 * 20));
  // R' = 40, so the deviation shrinks by a quarter: 40 + 4 * 15.
  interval.OnSent(At(50), 13);
  interval.OnReport(At(90), 1, {14, 0, {}}, 14);
  CHECK(interval.After(0) >= Duration::Milliseconds(40 + 4 * 15));
}

TEST_CASE("repeat interval: never below the time in which acknowledgements come round") {
  RepeatInterval interval = Measured(/*floor_ms=*/20);
  interval.OnSent(At(0), 5);
  interval.OnReport(At(1), 0, {6, 0, {}}, 6);
  CHECK(interval.After(0) == Duration::Milliseconds(20));
  // Without a sample it is ten of these, up to a second.
  CHECK(Measured(/*floor_ms=*/40).After(0) == Duration::Milliseconds(400));
  CHECK(Measured(/*floor_ms=*/400).After(0) == Duration::Seconds(1));
  CHECK(Measured(/*floor_ms=*/4'000).After(0) == Duration::Seconds(4));
}

TEST_CASE("repeat interval: no sample of a QUACK during whose flight an attempt was noted") {
  RepeatInterval interval = Measured();
  interval.OnSent(At(0), 5);
  interval.OnAttempt({2, 1, 1});
  interval.OnReport(At(500), 0, {6, 0, {}}, 6);
  interval.OnReport(At(500), 1, {6, 0, {}}, 6);
  CHECK(interval.After(0) == RepeatInterval::kInitial);
}

TEST_CASE("repeat interval: what the list shows is a sample in spite of a hole below") {
  RepeatInterval interval = Measured();
  interval.OnSent(At(0), 5);
  interval.OnAttempt({2, 1, 1});
  const Ack listed{2, 6, {{5, 1, 1}}};
  interval.OnReport(At(20), 0, listed, 2);
  interval.OnReport(At(30), 0, listed, 2);  // One receiver is one.
  CHECK(interval.After(0) == RepeatInterval::kInitial);
  interval.OnReport(At(40), 2, listed, 2);
  CHECK(interval.After(0) == Duration::Milliseconds(40 + 4 * 20));
}

TEST_CASE("repeat interval: what lists did not reach is no sample, if an attempt was noted") {
  for (const std::uint64_t hole : {2U, 0U}) {
    RepeatInterval interval = Measured();
    interval.OnSent(At(0), 66);
    interval.OnAttempt({hole, 1, 1});
    interval.OnReport(At(20), 0, {hole, 0, {}}, 0);  // Its list ends at hole + 64.
    interval.OnReport(At(300), 0, {60, 67, {{66, 1, 1}}}, 0);
    interval.OnReport(At(300), 1, {60, 67, {{66, 1, 1}}}, 0);
    const bool is_reached = hole == 2;
    CHECK((interval.After(0) == RepeatInterval::kInitial) == !is_reached);
  }
}

TEST_CASE("repeat interval: what was attempted itself is no sample, however it is acknowledged") {
  RepeatInterval interval = Measured();
  interval.OnSent(At(0), 5);
  interval.OnAttempt({1, 3, 4});  // 1, 5, 9
  const Ack listed{2, 6, {{5, 1, 1}}};
  interval.OnReport(At(600), 0, listed, 2);
  interval.OnReport(At(600), 1, listed, 2);
  CHECK(interval.After(0) == RepeatInterval::kInitial);
}

TEST_CASE("repeat interval: a resend is timed only where nothing better is") {
  RepeatInterval interval = Measured();
  interval.OnResent(At(0), 4, 3);  // What is below holds it up.
  interval.OnReport(At(10), 0, {5, 0, {}}, 5);
  CHECK(interval.After(0) == RepeatInterval::kInitial);
  interval.OnResent(At(0), 5, 5);
  interval.OnReport(At(10), 0, {6, 0, {}}, 6);
  CHECK(interval.After(0) == Duration::Milliseconds(30));
  // Attempted once more: whose copy came is not known.
  RepeatInterval twice = Measured();
  twice.OnResent(At(0), 3, 3);
  twice.OnAttempt({3, 1, 1});
  twice.OnReport(At(10), 0, {4, 0, {}}, 4);
  CHECK(twice.After(0) == RepeatInterval::kInitial);
  interval.OnSent(At(20), 7);
  interval.OnReport(At(120), 0, {8, 0, {}}, 8);
  CHECK(interval.After(0) == Duration::Milliseconds(300));
}

TEST_CASE("repeat interval: attempts double it, at most to a second or twice the estimate") {
  RepeatInterval interval = Measured();
  interval.OnSent(At(0), 5);
  interval.OnReport(At(10), 0, {6, 0, {}}, 6);
  REQUIRE(interval.After(0) == Duration::Milliseconds(30));
  CHECK(interval.After(1) == Duration::Milliseconds(60));
  CHECK(interval.After(5) == Duration::Milliseconds(960));
  CHECK(interval.After(6) == RepeatInterval::kBackedOff);
  CHECK(interval.After(1'000'000) == RepeatInterval::kBackedOff);
  RepeatInterval slow = Measured();
  slow.OnSent(At(0), 5);
  slow.OnReport(At(1'000), 0, {6, 0, {}}, 6);
  CHECK(slow.After(0) == Duration::Seconds(3));
  CHECK(slow.After(1) == Duration::Seconds(6));
  CHECK(slow.After(9) == Duration::Seconds(6));
}

TEST_CASE("repeat interval: a clock that jumps by weeks is no measurement of weeks") {
  RepeatInterval interval = Measured();
  interval.OnSent(At(0), 5);
  interval.OnReport(At(4'665'600'000), 0, {6, 0, {}}, 6);
  CHECK(interval.After(0) == Duration::Seconds(180));
  CHECK(interval.After(50) == Duration::Seconds(360));
}

}  // namespace lockstep::tests
