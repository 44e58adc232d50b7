// Which lanes count in which round: what a change may do, and what is kept of those to come.

#include "protocols/chora/lanes.h"

#include <cstdint>
#include <vector>

#include "protocols/chora/batch.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using chora::Lanes;
using chora::Reconf;

// Five lanes, of which three at least stay; what round R orders holds from round R + 2 on.
constexpr std::uint32_t kAlpha = 2;
Lanes Five() { return Lanes(5, 3, kAlpha, 64); }

void Extend(Lanes& lanes, const std::vector<Reconf>& changes) { lanes.Extend(changes); }

TEST_CASE("chora lanes: a change of an epoch that has ended changes nothing (2.11)") {
  Lanes lanes = Five();
  Extend(lanes, {{4, false, 0}});
  CHECK(lanes.newest() == 0b01111);
  CHECK(lanes.EpochOf(4) == kAlpha);
  Extend(lanes, {{4, true, kAlpha}});
  CHECK(lanes.newest() == 0b11111);
  // The first one comes again, late.
  Extend(lanes, {{4, false, 0}});
  CHECK(lanes.newest() == 0b11111);
}

TEST_CASE("chora lanes: at least a quorum stays, counted one by one on what is to come (2.7)") {
  Lanes lanes = Five();
  Extend(lanes, {{4, false, 0}, {3, false, 0}, {2, false, 0}});
  CHECK(lanes.newest() == 0b00111);
  // Not in effect yet, and it counts.
  CHECK(lanes.At(kAlpha - 1) == 0b11111);
  Extend(lanes, {{1, false, 0}});
  CHECK(lanes.newest() == 0b00111);
  Extend(lanes, {{4, true, kAlpha}, {1, false, 0}});
  CHECK(lanes.newest() == 0b10101);
}

TEST_CASE("chora lanes: who takes over a state knows the changes that are to come (2.7)") {
  Lanes lanes = Five();
  Extend(lanes, {{4, false, 0}});
  // Round 0 has been passed; its change holds from round 2 on.
  const Lanes::State state = lanes.Capture(1);
  Lanes taken = Five();
  taken.Restore(state);
  CHECK(taken.At(1) == 0b11111);
  CHECK(taken.At(2) == 0b01111);
  CHECK(taken.end() == lanes.end());
  CHECK(taken.EpochOf(4) == kAlpha);
}

}  // namespace
}  // namespace lockstep::tests
