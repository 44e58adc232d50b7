// Rounds on a synchronised clock: both ways exact, wherever D divides q L or not.

#include "protocols/chora/round_clock.h"

#include <cstdint>

#include "protocols/core/random.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

core::Instant At(std::int64_t ps) { return core::Instant::FromPicoseconds(ps); }

TEST_CASE("round clock: round q begins at A + floor of q L over D") {
  const chora::RoundClock clock(At(1'000), core::Duration::Picoseconds(100), 3);
  CHECK(clock.At(0) == At(1'000));
  CHECK(clock.At(1) == At(1'033));
  CHECK(clock.At(2) == At(1'066));
  CHECK(clock.At(3) == At(1'100));
  CHECK(clock.At(3'000'000'000'001) == At(1'000 + 100'000'000'000'033));
}

TEST_CASE("round clock: the round of an instant is the greatest that has begun") {
  const chora::RoundClock clock(At(1'000), core::Duration::Picoseconds(100), 3);
  CHECK(clock.RoundAt(At(0)) == 0);
  CHECK(clock.RoundAt(At(1'032)) == 0);
  CHECK(clock.RoundAt(At(1'033)) == 1);
  CHECK(clock.RoundAt(At(1'065)) == 1);
  CHECK(clock.RoundAt(At(1'066)) == 2);
  CHECK(clock.RoundAt(At(1'099)) == 2);
  CHECK(clock.RoundAt(At(1'100)) == 3);
}

TEST_CASE("round clock: rounds and instants are each other's inverse") {
  core::Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    const auto depth = static_cast<std::uint32_t>(1 + random.Below(7));
    const auto length = static_cast<std::int64_t>(depth + random.Below(3'000'000));
    const chora::RoundClock clock(At(static_cast<std::int64_t>(random.Below(1'000))),
                                  core::Duration::Picoseconds(length), depth);
    const std::uint64_t q = random.Below(std::uint64_t{1} << 40);
    CHECK(clock.RoundAt(clock.At(q)) == q);
    CHECK(clock.RoundAt(clock.At(q + 1) - core::Duration::Picoseconds(1)) == q);
  }
}

}  // namespace
}  // namespace lockstep::tests
