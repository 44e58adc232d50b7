// Chora-R under the adversary without timing: see adversary.h. A few hundred runs here; whoever
// changes the protocol should let it run for longer.

#include "tests/protocols/chora/adversary.h"

#include <cstdint>

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

// Runs seeds first .. first + count - 1, and adds up what happened in them.
AdversaryOutcome RunMany(std::uint32_t replicas, std::uint64_t first, std::uint64_t count,
                         bool is_healing_asked) {
  AdversaryOutcome sum;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const AdversaryOutcome outcome = RunAdversary({seed, replicas, is_healing_asked});
    CHECK_MESSAGE(outcome.failure.empty(), outcome.failure);
    CHECK_MESSAGE(outcome.objections.empty(), seed, ": ", outcome.objections);
    sum.decisions += outcome.decisions;
    sum.crashes += outcome.crashes;
    sum.rejoins += outcome.rejoins;
    sum.installs += outcome.installs;
    sum.lane_changes += outcome.lane_changes;
  }
  return sum;
}

TEST_CASE("chora: three replicas agree under an adversary, and recover when it stops") {
  const AdversaryOutcome sum = RunMany(3, 1, 90, /*is_healing_asked=*/true);
  CHECK(sum.decisions > 10'000);
  CHECK(sum.crashes > 20);
  CHECK(sum.rejoins > 20);
  CHECK(sum.installs > 10);
  CHECK(sum.lane_changes > 10);
}

TEST_CASE("chora: three replicas with windows too small to recover still agree") {
  const AdversaryOutcome sum = RunMany(3, 1'000, 150, /*is_healing_asked=*/false);
  CHECK(sum.crashes > 50);
  CHECK(sum.rejoins > 50);
}

TEST_CASE("chora: five replicas agree under an adversary, and recover when it stops") {
  const AdversaryOutcome sum = RunMany(5, 2'000, 8, /*is_healing_asked=*/true);
  CHECK(sum.decisions > 5'000);
}

TEST_CASE("chora: five replicas with windows too small to recover still agree") {
  RunMany(5, 3'000, 20, /*is_healing_asked=*/false);
}

TEST_CASE("chora: seven replicas agree under an adversary, and recover when it stops") {
  RunMany(7, 4'000, 2, /*is_healing_asked=*/true);
}

TEST_CASE("chora: damaged messages bring no replica down") {
  for (std::uint64_t seed = 5'000; seed < 5'030; ++seed) {
    RunAdversary({seed, 3, /*is_healing_asked=*/false, /*stormy_rounds=*/100,
                  /*damage_percent=*/20});
  }
}

}  // namespace
}  // namespace lockstep::tests
