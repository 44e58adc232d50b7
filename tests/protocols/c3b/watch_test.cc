// A receiver's patience: what starts it, what ends it, and whom it follows.

#include "protocols/c3b/watch.h"

#include <cstdint>

#include "protocols/core/quorum.h"
#include "tests/support/listed.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

constexpr core::Duration kTimeout = core::Duration::Milliseconds(10);
constexpr std::uint32_t kSelf = 1;

core::Instant Ms(std::int64_t ms) { return NowAtMs(ms).monotonic(); }

// Receivers: n = 4, u = r = 1; senders: n = 7, u = r = 2. Replica 1 of the receivers.
c3b::Watch MakeWatch() {
  return {{"b", core::NodeId(7), 4, 1, 1}, {"a", core::NodeId(0), 7, 2, 2}, kSelf, kTimeout, Ms(0)};
}

// So many senders say that 0 .. end - 1 are committed.
void Commit(c3b::Watch& watch, std::int64_t at_ms, std::uint32_t senders, std::uint64_t end) {
  for (std::uint32_t i = 0; i < senders; ++i) watch.OnCommitted(Ms(at_ms), i, end);
}

TEST_CASE("otu: what enough replicas have reached is the number of one that is correct") {
  CHECK(core::ReachedBy({5, 1, 9, 3}, 1) == 9);
  CHECK(core::ReachedBy({5, 1, 9, 3}, 2) == 5);
  CHECK(core::ReachedBy({5, 1, 9, 3}, 4) == 1);
  CHECK(core::ReachedBy({7, 7, 0}, 2) == 7);
}

TEST_CASE(
    "otu: a receiver asks again and again where nothing comes, but suspects nobody for that") {
  c3b::Watch watch = MakeWatch();
  CHECK(watch.NextTick(Ms(0)) == Ms(10));
  CHECK_FALSE(watch.OnTick(Ms(9)));
  for (std::int64_t ms = 10; ms < 1'000; ms += 10) {
    CHECK(watch.OnTick(Ms(ms)));
    CHECK(watch.NextTick(Ms(ms)) == Ms(ms + 10));
  }
  CHECK(watch.view() == 0);
}

TEST_CASE("otu: what is known to be committed is awaited for a timeout from then on") {
  c3b::Watch watch = MakeWatch();
  CHECK(watch.OnTick(Ms(10)));
  // r_s liars are not enough to know it, one more is.
  Commit(watch, 12, 2, 5);
  CHECK(watch.OnTick(Ms(30)));
  CHECK(watch.view() == 0);
  Commit(watch, 32, 3, 5);
  CHECK(watch.OnTick(Ms(41)));
  CHECK(watch.view() == 0);
  CHECK(watch.NextTick(Ms(41)) == Ms(42));
  CHECK(watch.OnTick(Ms(42)));
  CHECK(watch.view() == 1);
  // The next leader has twice the time.
  CHECK(watch.OnTick(Ms(61)));
  CHECK(watch.view() == 1);
  CHECK(watch.OnTick(Ms(62)));
  CHECK(watch.view() == 2);
}

TEST_CASE("otu: who holds all that is known waits for nothing") {
  c3b::Watch watch = MakeWatch();
  Commit(watch, 1, 7, 5);
  watch.OnHeld(Ms(2), 5);
  for (std::int64_t ms = 12; ms < 200; ms += 10) watch.OnTick(Ms(ms));
  CHECK(watch.view() == 0);
  CHECK(watch.held() == 5);
  // One more is known: that is awaited, for one timeout.
  Commit(watch, 200, 7, 6);
  watch.OnTick(Ms(209));
  CHECK(watch.view() == 0);
  watch.OnTick(Ms(210));
  CHECK(watch.view() == 1);
}

TEST_CASE("otu: whatever moves the stream on begins the waiting anew, and ends the doubling") {
  c3b::Watch watch = MakeWatch();
  Commit(watch, 0, 3, 1'000);
  for (std::int64_t ms = 0; ms < 500; ms += 9) {
    watch.OnHeld(Ms(ms), static_cast<std::uint64_t>(ms) + 1);
    CHECK_FALSE(watch.OnTick(Ms(ms + 9)));
  }
  CHECK(watch.view() == 0);
  // The last came at 495.
  watch.OnTick(Ms(505));
  CHECK(watch.view() == 1);
  watch.OnHeld(Ms(506), 600);
  watch.OnTick(Ms(515));
  CHECK(watch.view() == 1);
  watch.OnTick(Ms(516));
  CHECK(watch.view() == 2);
}

TEST_CASE("otu: patience has an end at 64 timeouts") {
  c3b::Watch watch = MakeWatch();
  Commit(watch, 0, 3, 1);
  std::int64_t at = 0;
  std::uint64_t view = 0;
  for (const std::int64_t timeouts : {1, 2, 4, 8, 16, 32, 64, 64, 64}) {
    at += 10 * timeouts;
    watch.OnTick(Ms(at - 1));
    CHECK(watch.view() == view);
    watch.OnTick(Ms(at));
    CHECK(watch.view() == ++view);
  }
}

TEST_CASE("otu: a receiver follows u_r + 1 of its peers that ask for more, and no fewer") {
  c3b::Watch watch = MakeWatch();
  watch.OnView(Ms(1), 0, 9);
  CHECK(watch.view() == 0);
  watch.OnView(Ms(2), 3, 4);
  CHECK(watch.view() == 4);
  // It has asked for 4 itself, and replica 0 for 9: only one for more than 4.
  watch.OnView(Ms(3), 3, 4);
  CHECK(watch.view() == 4);
  watch.OnView(Ms(4), 2, 7);
  CHECK(watch.view() == 7);
  watch.OnView(Ms(5), 2, 1);
  CHECK(watch.view() == 7);
}

TEST_CASE("otu: who has just followed gives the new leader its time") {
  c3b::Watch watch = MakeWatch();
  Commit(watch, 0, 3, 1);
  watch.OnView(Ms(8), 0, 1);
  watch.OnView(Ms(9), 2, 1);
  CHECK(watch.view() == 1);
  watch.OnTick(Ms(18));
  CHECK(watch.view() == 1);
  watch.OnTick(Ms(19));
  CHECK(watch.view() == 2);
}

}  // namespace
}  // namespace lockstep::tests
