// The link: delay, jitter within its bounds, loss in its ratio, and no draw without a cause.

#include "sim/net/link.h"

#include <vector>

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Duration;
using sim::Link;
using sim::WireSpec;

WireSpec Plain() {
  WireSpec link;
  link.delay = Duration::Microseconds(25);
  return link;
}

}  // namespace

TEST_CASE("link: without jitter and loss every packet takes the delay") {
  Link link(Plain(), core::Random(1));
  for (int i = 0; i < 100; ++i) CHECK(link.Traverse() == Duration::Microseconds(25));
}

TEST_CASE("link: jitter is within its bounds, and reaches both") {
  WireSpec spec = Plain();
  spec.jitter = sim::Distribution::Uniform({}, Duration::Picoseconds(6));
  Link link(spec, core::Random(1));
  std::vector<int> seen(7);
  constexpr int kPackets = 7'000;
  for (int i = 0; i < kPackets; ++i) {
    const auto extra = (*link.Traverse() - spec.delay).ps();
    REQUIRE(extra >= 0);
    REQUIRE(extra <= 6);
    ++seen[static_cast<std::size_t>(extra)];
  }
  // Each of 7 values is drawn 1000 times; six standard deviations are 6 * sqrt(7000 * 6) / 7 = 176.
  for (const int count : seen) {
    CHECK(count > 1'000 - 176);
    CHECK(count < 1'000 + 176);
  }
}

TEST_CASE("link: it loses the ratio that it says") {
  WireSpec spec = Plain();
  spec.loss = {3, 100};
  Link link(spec, core::Random(1));
  int lost = 0;
  for (int i = 0; i < 100'000; ++i) lost += link.Traverse() ? 0 : 1;
  // 3000 expected; six standard deviations are 6 * sqrt(100000 * 0.03 * 0.97) = 324.
  CHECK(lost > 3'000 - 324);
  CHECK(lost < 3'000 + 324);
}

TEST_CASE("link: it loses all, or nothing, where it says so") {
  WireSpec spec = Plain();
  spec.loss = {5, 5};
  Link deaf(spec, core::Random(1));
  spec.loss = {0, 5};
  Link whole(spec, core::Random(1));
  for (int i = 0; i < 100; ++i) {
    CHECK_FALSE(deaf.Traverse());
    CHECK(whole.Traverse());
  }
}

TEST_CASE("link: loss is drawn only where there is any, so that jitter alone stays as it was") {
  WireSpec spec = Plain();
  spec.jitter = sim::Distribution::Uniform({}, Duration::Microseconds(5));
  Link without(spec, core::Random(1));
  spec.loss = {0, 7};
  Link with_none(spec, core::Random(1));
  core::Random draws(1);
  for (int i = 0; i < 100; ++i) {
    const auto jitter = static_cast<std::int64_t>(draws.Below(5'000'001));
    CHECK(without.Traverse() == spec.delay + Duration::Picoseconds(jitter));
    CHECK(with_none.Traverse() == spec.delay + Duration::Picoseconds(jitter));
  }
}

}  // namespace lockstep::tests
