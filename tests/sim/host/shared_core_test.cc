// Hosts on which one core receives messages and runs the node: what goes first.

#include <cstdint>
#include <vector>

#include "sim/host/host.h"
#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Duration;
using core::Effects;
using core::Instant;
using core::NodeId;
using core::Now;
using core::TimerId;
using core::Work;
using sim::Distribution;
using trace::EventKind;

const Duration kUs = Duration::Microseconds(1);

// When a message of this size arrives that was handed to idle cards at `sent`.
Duration ArrivalOf(Duration sent, std::uint64_t size) {
  return sent + WireTime(size) + kUs * 25 + WireTime(size);
}

// Receiving a message takes 2 us of the core that also runs the node.
sim::Profile& SharedCore(SmallWorld& world) {
  sim::Profile& profile = world.scenario.profile;
  profile.stages[sim::Profile::kProtocolStage].core = sim::Profile::kReceiveStage;
  profile.receive_message.per_unit = Distribution(kUs * 2);
  return profile;
}

std::vector<Instant> TimesOf(const std::vector<trace::Event>& events) {
  std::vector<Instant> times;
  for (const trace::Event& event : events) times.push_back(event.at);
  return times;
}

TEST_CASE("host: where receiving and calling share a core, who has waited longer goes first") {
  SmallWorld world({2});
  sim::Profile& profile = SharedCore(world);
  profile.call.per_unit = Distribution(kUs * 3);
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    for (std::uint64_t i = 0; i < 3; ++i) out.Send(NodeId(1), Numbered(i, 100));
  };
  world.Run(Duration::Seconds(1));
  // Sent after the call's 3 us. All three are there before the first is received.
  const Duration first = ArrivalOf(kUs * 3, 100);
  REQUIRE(world.arrivals().size() == 3);
  CHECK(world.arrivals()[0].at == At(first + kUs * 6));
  CHECK(world.arrivals()[1].at == At(first + kUs * 9));
  CHECK(world.arrivals()[2].at == At(first + kUs * 12));
}

TEST_CASE("host: a timer that expires while its core receives a message comes behind it") {
  SmallWorld world({2});
  SharedCore(world);
  const Instant comes = At(ArrivalOf(Duration(), 100));
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Send(NodeId(1), Numbered(0, 100));
  };
  world.host(1).on_start = [&](const Now&, auto, Effects& out) {
    out.SetTimer(TimerId(7), comes + kUs);
  };
  world.Run(Duration::Seconds(1));
  // What is in work is finished.
  const Instant done = comes + kUs * 2;
  CHECK(TimesOf(world.Of(EventKind::kMessage, 1)) == std::vector<Instant>{done});
  CHECK(TimesOf(world.Of(EventKind::kTimer, 1)) == std::vector<Instant>{done});
  CHECK(world.Of(EventKind::kMessage, 1)[0].index < world.Of(EventKind::kTimer, 1)[0].index);
}

TEST_CASE("host: a message that waited for older calls on its core is received after them") {
  SmallWorld world({2});
  SharedCore(world).prices[static_cast<std::size_t>(Work::kVote)] = {
      sim::Profile::kProtocolStage, Distribution(kUs * 3), Duration()};
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Send(NodeId(1), Numbered(0, 100));  // Arrives after a little more than 25 us.
  };
  world.host(1).on_start = [](const Now& now, auto, Effects& out) {
    for (std::uint64_t i = 0; i < 4; ++i) out.SetTimer(TimerId(i), now.monotonic() + kUs * 20);
  };
  world.host(1).on_timer = [](const Now&, TimerId, Effects& out) { out.Spend(Work::kVote, 1); };
  world.Run(Duration::Seconds(1));
  // The timers' calls last until 32 us.
  CHECK(TimesOf(world.Of(EventKind::kTimer, 1)) ==
        std::vector<Instant>{At(kUs * 20), At(kUs * 23), At(kUs * 26), At(kUs * 29)});
  REQUIRE(world.arrivals().size() == 1);
  CHECK(world.arrivals()[0].at == At(kUs * 34));
}

}  // namespace
}  // namespace lockstep::tests
