// `slow`: the way takes several times as long, and nothing else does.

#include <vector>

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

const Duration kMs = Duration::Milliseconds(1);

}  // namespace

TEST_CASE("slow: what a packet takes where nothing is in its way is multiplied") {
  SmallWorld world({2});
  world.intra().transport = sim::Transport::kDatagram;
  world.intra().segmentation = sim::Segmentation::kMtu;
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    for (const std::int64_t i : {1, 2, 3})
      out.SetTimer(TimerId(static_cast<std::uint64_t>(i)), now.monotonic() + kMs * i);
  };
  world.host(0).on_timer = [](const Now&, TimerId timer, Effects& out) {
    out.Send(NodeId(1), Numbered(timer.value(), 100));
  };
  sim::Fault& fault = world.AddFault("slow", {}, {{"factor", {5, 2}}});
  fault.at = At(Duration::Microseconds(1'500));
  fault.until = At(Duration::Microseconds(2'500));
  world.Run(kMs * 10);
  std::vector<Duration> took;
  for (const Arrival& arrival : world.arrivals())
    took.push_back(arrival.at - At(kMs * static_cast<std::int64_t>(NumberOf(arrival.payload))));
  REQUIRE(took.size() == 3);
  CHECK(took[0] == took[2]);
  const Duration way = world.world().network().LeastDelay(NodeId(0), NodeId(1));
  CHECK((took[1] - took[0]).ps() == way.ps() * 3 / 2);
}

}  // namespace lockstep::tests
