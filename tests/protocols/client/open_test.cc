// Clients in an open loop: when requests come, and what becomes of those for which there is no
// room.

#include "protocols/client/open.h"

#include <cstdint>

#include "tests/support/listed.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

namespace effect = core::effect;

client::Config OpenConfig() {
  client::Config config;
  config.replicas = {"a", core::NodeId(0), 3, 0, 0};
  config.count = 2;
  config.request_bytes = 9;
  config.retry = core::Duration::Seconds(1'000);
  config.rate_per_s = 500;  // A request each millisecond of both together.
  return config;
}

// Lets time pass from request to request until `until`; how many came.
std::size_t Live(client::OpenLoop& node, core::Instant until, core::Effects& out) {
  std::size_t came = 0;
  core::Instant next;
  node.OnStart(NowAtMs(0), {}, out);
  while (true) {
    bool is_set = false;
    for (const effect::SetTimer& timer : All<effect::SetTimer>(out)) {
      if (timer.id != core::TimerId(0)) continue;
      next = timer.at;
      is_set = true;
    }
    came += Notes(out, core::NoteKind::kInvoked).size() + Notes(out, client::kTurnedAway).size();
    if (!is_set || next > until) return came;
    out.Clear();
    node.OnTimer(NowAt(next - core::Instant()), core::TimerId(0), out);
  }
}

TEST_CASE("open loop: a draw is exponential, in mean and in tail") {
  core::Random random(5);
  constexpr std::uint64_t kDraws = 200'000;
  const core::Duration mean = core::Duration::Microseconds(1);
  std::int64_t sum = 0;
  std::uint64_t above_mean = 0;
  std::uint64_t above_three = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const std::int64_t draw = client::DrawExponential(mean, random).ps();
    sum += draw;
    if (draw > mean.ps()) ++above_mean;
    if (draw > 3 * mean.ps()) ++above_three;
  }
  // Five standard errors: 1 / sqrt(n) of the mean; sqrt(p / n) at most of a share.
  const auto per_mille = [](std::uint64_t count) { return count * 1'000 / kDraws; };
  CHECK(sum / static_cast<std::int64_t>(kDraws) > mean.ps() * 988 / 1'000);
  CHECK(sum / static_cast<std::int64_t>(kDraws) < mean.ps() * 1'012 / 1'000);
  CHECK(per_mille(above_mean) >= 362);  // 1 / e
  CHECK(per_mille(above_mean) <= 374);
  CHECK(per_mille(above_three) >= 47);  // 1 / e^3
  CHECK(per_mille(above_three) <= 52);
}

TEST_CASE("open loop: requests come at the rate of all clients, whatever has become of others") {
  client::Config config = OpenConfig();
  config.window = 1'000'000;
  core::Effects out;
  client::OpenLoop node(config, core::Seat());
  // Nobody ever answers. Within five standard deviations, sqrt(4 000) = 63.
  const std::size_t came = Live(node, core::Instant() + core::Duration::Seconds(4), out);
  CHECK(came > 3'680);
  CHECK(came < 4'320);
}

TEST_CASE("open loop: a request that finds the window full is turned away and noted") {
  client::Config config = OpenConfig();
  config.window = 2;
  core::Effects out;
  client::OpenLoop node(config, core::Seat());
  node.OnStart(NowAtMs(0), {}, out);
  node.OnTimer(NowAtMs(50), core::TimerId(0), out);  // Late: all that came meanwhile.
  CHECK(Notes(out, core::NoteKind::kInvoked).size() == 4);
  CHECK(Notes(out, client::kTurnedAway).size() > 10);
  out.Clear();
  node.OnAnswer(NowAtMs(51), core::ClientId(1), core::RequestId(1), {}, out);
  CHECK(Notes(out, core::NoteKind::kReturned).size() == 1);
  node.OnTimer(NowAtMs(60), core::TimerId(0), out);
  REQUIRE(Notes(out, core::NoteKind::kInvoked).size() == 1);
  CHECK(Notes(out, core::NoteKind::kInvoked)[0].detail == 1);
}

TEST_CASE("open loop: it ends where each client has made all its requests") {
  client::Config config = OpenConfig();
  config.window = 100;
  config.requests = 7;
  core::Effects out;
  client::OpenLoop node(config, core::Seat());
  CHECK(Live(node, core::Instant() + core::Duration::Seconds(1), out) == 14);
}

}  // namespace
}  // namespace lockstep::tests
