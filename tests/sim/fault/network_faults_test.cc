// Faults of the network below the transport: packets that wait, are lost, or find no way.

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
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
using sim::Fault;
using trace::EventKind;

const Duration kMs = Duration::Milliseconds(1);

// Each host sends a numbered datagram to each other one, each millisecond: its number, and the
// time in milliseconds.
void AllToAll(SmallWorld& world, std::uint32_t hosts) {
  world.intra().transport = sim::Transport::kDatagram;
  world.intra().segmentation = sim::Segmentation::kMtu;
  for (std::uint32_t i = 0; i < hosts; ++i) {
    world.host(i).on_start = [](const Now& now, auto, Effects& out) {
      out.SetTimer(TimerId(1), now.monotonic() + kMs);
    };
    world.host(i).on_timer = [i, hosts](const Now& now, TimerId timer, Effects& out) {
      const auto ms = static_cast<std::uint64_t>((now.monotonic() - Instant()).ps() / kMs.ps());
      for (std::uint32_t to = 0; to < hosts; ++to)
        if (to != i) out.Send(NodeId(to), Numbered(1'000 * i + ms, 10));
      if (ms < 40) out.SetTimer(timer, now.monotonic() + kMs);
    };
  }
}

// From whom each host heard something that was sent at this millisecond.
std::vector<std::set<std::uint32_t>> HeardAt(const SmallWorld& world, std::uint32_t hosts,
                                             std::uint64_t ms) {
  std::vector<std::set<std::uint32_t>> heard(hosts);
  for (const Arrival& arrival : world.arrivals())
    if (NumberOf(arrival.payload) % 1'000 == ms)
      heard[arrival.to.value()].insert(arrival.from.value());
  return heard;
}

std::vector<std::set<std::uint32_t>> Partitioned(std::uint32_t hosts, const nlohmann::json& how) {
  SmallWorld world({hosts});
  AllToAll(world, hosts);
  Fault& fault = world.AddFault("partition", {}, how);
  fault.at = At(kMs * 10);
  fault.until = At(kMs * 20);
  world.Run(kMs * 60);
  // Whole before, and after it.
  for (const std::uint64_t ms : {9U, 21U})
    for (const auto& from : HeardAt(world, hosts, ms)) CHECK(from.size() == hosts - 1);
  return HeardAt(world, hosts, 15);
}

std::multiset<std::size_t> Sizes(const std::vector<std::set<std::uint32_t>>& heard) {
  std::multiset<std::size_t> sizes;
  for (const auto& from : heard) sizes.insert(from.size() + 1);
  return sizes;
}

using SizeSet = std::multiset<std::size_t>;

}  // namespace

TEST_CASE("partition: shapes have the parts that they are called after") {
  CHECK(Sizes(Partitioned(6, {{"shape", "halves"}})) == SizeSet{3, 3, 3, 3, 3, 3});
  CHECK(Sizes(Partitioned(5, {{"shape", "isolate_one"}})) == SizeSet{1, 4, 4, 4, 4});
  CHECK(Sizes(Partitioned(7, {{"shape", "minority_third"}})) == SizeSet{2, 2, 5, 5, 5, 5, 5});
  CHECK(Sizes(Partitioned(7, {{"shape", "bridge"}})) == SizeSet{4, 4, 4, 4, 4, 4, 7});
}

TEST_CASE("partition: on the ring each reaches a majority, and no two the same") {
  for (const std::uint32_t hosts : {4U, 5U, 7U, 8U}) {
    const auto heard = Partitioned(hosts, {{"shape", "majorities_ring"}});
    std::set<std::set<std::uint32_t>> views;
    for (std::uint32_t i = 0; i < hosts; ++i) {
      std::set<std::uint32_t> view = heard[i];
      view.insert(i);
      CHECK(view.size() > hosts / 2);
      CHECK(view.size() < hosts);
      views.insert(view);
    }
    CHECK(views.size() == hosts);
  }
}

TEST_CASE("partition: groups, both ways or one way, and who is not named reaches all") {
  const nlohmann::json groups = {{"a0", "a1"}, {"a2"}};
  const auto both = Partitioned(4, {{"shape", "groups"}, {"groups", groups}});
  CHECK(both[0] == std::set<std::uint32_t>{1, 3});
  CHECK(both[2] == std::set<std::uint32_t>{3});
  CHECK(both[3].size() == 3);
  const auto one = Partitioned(4, {{"shape", "groups"}, {"groups", groups}, {"one_way", true}});
  CHECK(one[0].size() == 3);
  CHECK(one[2] == std::set<std::uint32_t>{3});
}

TEST_CASE("partition: one that clogs lets all go at its end") {
  SmallWorld world({4});
  AllToAll(world, 4);
  Fault& fault = world.AddFault("partition", {}, {{"shape", "halves"}, {"mode", "clog"}});
  fault.at = At(kMs * 10);
  fault.until = At(kMs * 20);
  world.Run(kMs * 60);
  for (const auto& from : HeardAt(world, 4, 15)) CHECK(from.size() == 3);
  for (const Arrival& arrival : world.arrivals()) {
    const std::uint64_t ms = NumberOf(arrival.payload) % 1'000;
    CHECK(arrival.at - Instant() < kMs * static_cast<std::int64_t>(ms < 20 ? 21 : ms + 1));
  }
}

TEST_CASE("clog: one direction of a host waits, the other does not") {
  SmallWorld world({2});
  AllToAll(world, 2);
  Fault& fault = world.AddFault("clog", {1}, {{"dir", "in"}});
  fault.at = At(Duration::Microseconds(9'500));
  fault.until = At(kMs * 15);
  world.Run(kMs * 60);
  for (const Arrival& arrival : world.arrivals()) {
    const auto ms = static_cast<std::int64_t>(NumberOf(arrival.payload) % 1'000);
    const bool waits = arrival.to == NodeId(1) && ms >= 10 && ms < 15;
    CHECK((arrival.at >= At(kMs * 15)) == (waits || ms >= 15));
    CHECK(arrival.at < At(kMs * (waits ? 16 : ms + 1)));
  }
}

TEST_CASE("latency: packets keep their order, however different their delays") {
  SmallWorld world({2});
  AllToAll(world, 2);
  world.AddFault("latency", {}, {{"min", "1ms"}, {"max", "5ms"}, {"mean", "1ms"}});
  world.Run(kMs * 200);
  const std::vector<std::uint64_t> numbers = world.NumbersAt(1);
  CHECK(numbers.size() == 40);
  CHECK(std::is_sorted(numbers.begin(), numbers.end()));
  for (const Arrival& arrival : world.arrivals())
    CHECK(arrival.at >= At(kMs * static_cast<std::int64_t>(NumberOf(arrival.payload) % 1'000 + 1)));
}

TEST_CASE("burst_loss: as many are lost as its chain says, and they come together") {
  SmallWorld world({2});
  world.intra().transport = sim::Transport::kDatagram;
  world.intra().segmentation = sim::Segmentation::kMtu;
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    for (std::uint64_t i = 0; i < 20'000; ++i)
      out.SetTimer(TimerId(i),
                   now.monotonic() + Duration::Microseconds(10) * static_cast<std::int64_t>(i));
  };
  world.host(0).on_timer = [](const Now&, TimerId timer, Effects& out) {
    out.Send(NodeId(1), Numbered(timer.value(), 10));
  };
  world.AddFault("burst_loss", {}, {{"to_bad", {1, 100}}, {"to_good", {1, 10}}});
  world.Run(Duration::Seconds(1));
  // A tenth of 11 parts of the time is bad: 1818 of 20000 are lost, in about 180 bursts.
  const std::vector<std::uint64_t> numbers = world.NumbersAt(1);
  const double lost = 20'000.0 - static_cast<double>(numbers.size());
  CHECK(lost > 1'300);
  CHECK(lost < 2'400);
  std::size_t bursts = 0;
  for (std::size_t i = 1; i < numbers.size(); ++i)
    bursts += numbers[i] > numbers[i - 1] + 1 ? 1U : 0U;
  CHECK(static_cast<double>(bursts) < lost / 6);
  CHECK(static_cast<double>(bursts) > lost / 16);
}

TEST_CASE("bandwidth: a card is as slow as it says, and as fast as before afterwards") {
  SmallWorld world({2});
  AllToAll(world, 2);
  Fault& fault = world.AddFault("bandwidth", {0}, {{"rate", "100kbps"}, {"dir", "out"}});
  fault.at = At(kMs * 10 + Duration::Microseconds(500));
  fault.until = At(kMs * 30);
  world.Run(kMs * 60);
  const auto took = [&](std::uint64_t ms) {
    for (const Arrival& arrival : world.arrivals())
      if (arrival.to == NodeId(1) && NumberOf(arrival.payload) == ms)
        return arrival.at - At(kMs * static_cast<std::int64_t>(ms));
    return Duration();
  };
  CHECK(took(11) - took(10) > Duration::Microseconds(500));
  CHECK(took(35) == took(10));
}

TEST_CASE("link_flap: a cable that nothing crosses is out for nothing") {
  SmallWorld world({2});
  AllToAll(world, 2);
  Fault& fault = world.AddFault("link_flap", {1});
  fault.at = At(kMs * 10 + Duration::Microseconds(500));
  fault.until = At(kMs * 10 + Duration::Microseconds(600));
  world.Run(kMs * 60);
  world.Finish();
  CHECK(world.NumbersAt(1).size() == 40);
  CHECK(world.Of(EventKind::kReceipt)[0].further == 0);
}

TEST_CASE("link_flap: what comes while the cable is out is lost, or waits") {
  for (const bool waits : {false, true}) {
    SmallWorld world({2});
    AllToAll(world, 2);
    Fault& fault = world.AddFault("link_flap", {1}, {{"waits", waits}});
    fault.at = At(kMs * 10 + Duration::Microseconds(500));
    fault.until = At(kMs * 15 + Duration::Microseconds(500));
    world.Run(kMs * 60);
    world.Finish();
    CHECK(world.NumbersAt(0).size() == (waits ? 40 : 35));
    CHECK(world.NumbersAt(1).size() == (waits ? 40 : 35));
    CHECK(world.Of(EventKind::kReceipt)[0].further == 10);
  }
}

}  // namespace lockstep::tests
