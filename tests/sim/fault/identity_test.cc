// Who speaks: hosts that say they are others, and identities that several nodes share.

#include <cstdint>
#include <map>
#include <vector>

#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Duration;
using core::Effects;
using core::NodeId;
using core::Now;
using core::TimerId;
using nlohmann::json;
using trace::EventKind;
using trace::Phase;

using Counts = std::map<std::pair<std::uint32_t, std::uint32_t>, int>;

// How many messages each host was handed, by it and by whom they are said to come from.
Counts HandedBy(const SmallWorld& world) {
  Counts counts;
  for (const Arrival& arrival : world.arrivals())
    ++counts[{arrival.to.value(), arrival.from.value()}];
  return counts;
}

// Every host greets all others at the start and, by a timer, once more after 10 ms.
void GreetTwice(SmallWorld& world, std::uint32_t hosts) {
  for (std::uint32_t i = 0; i < hosts; ++i) {
    const auto greet = [i, hosts](Effects& out) {
      for (std::uint32_t j = 0; j < hosts; ++j)
        if (j != i) out.Send(NodeId(j), Numbered(i, 100));
    };
    world.host(i).on_start = [greet](const Now& now, auto, Effects& out) {
      greet(out);
      out.SetTimer(TimerId(7), now.monotonic() + Duration::Milliseconds(10));
    };
    world.host(i).on_timer = [greet](const Now&, TimerId timer, Effects& out) {
      CHECK(timer == TimerId(7));
      greet(out);
    };
  }
}

}  // namespace

TEST_CASE("impersonate: a receiver is told another sender, and bytes stay what they were") {
  SmallWorld world({3});
  world.host(0).on_start = [&world](const Now&, auto, Effects& out) {
    out.Send(NodeId(1), Ack(4, {}, 0, world.seats()[0].signer, core::Identity(1)));
    out.Send(NodeId(1), Numbered(9, 100));
  };
  world.AddFault("impersonate", {0}, {{"as", "a2"}});
  world.Run(Duration::Seconds(1));
  world.Finish();
  CHECK(HandedBy(world) == Counts{{{1, 2}, 2}});
  CHECK(world.arrivals()[0].payload == Ack(4, {}, 0, world.seats()[0].signer, core::Identity(1)));
  // Nobody has acknowledged anything: the signature is not that of a2.
  CHECK(world.Of(core::Fact::kStates, Phase::kHanded).empty());
  CHECK(world.Of(EventKind::kReceipt)[0].further == 2);
}

TEST_CASE("impersonate: what nobody has signed says to its receiver what it says") {
  SmallWorld world({3});
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Send(NodeId(1), Data(core::Run{5, 1, 1}));
  };
  world.AddFault("impersonate", {0}, {{"as", "a2"}});
  world.Run(Duration::Seconds(1));
  const auto carried = world.Of(core::Fact::kCarries, Phase::kHanded, 1);
  REQUIRE(carried.size() == 1);
  CHECK(carried[0].peer == NodeId(2));
}

TEST_CASE("impersonate: what is rewritten in another's name is still signed by the host") {
  SmallWorld world({3});
  world.host(0).on_start = [&world](const Now&, auto, Effects& out) {
    out.Send(NodeId(1), Ack(4, {}, 0, world.seats()[0].signer, core::Identity(1)));
  };
  world.AddFault("impersonate", {0}, {{"as", "a2"}});
  world.AddFault("lie_ack", {0}, {{"mode", "zero"}});
  world.Run(Duration::Seconds(1));
  CHECK(world.arrivals().size() == 1);
  CHECK(world.Of(core::Fact::kStates, Phase::kHanded).empty());
}

TEST_CASE("impersonate: what nobody has signed says what it says, also where it is rewritten") {
  SmallWorld world({3});
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Send(NodeId(1), Data(core::Run{5, 1, 1}));
  };
  world.AddFault("impersonate", {0}, {{"as", "a2"}});
  world.AddFault("mutate", {0}, {{"field", "data.stream"}});
  world.Run(Duration::Seconds(1));
  CHECK(world.Of(EventKind::kTampered).size() == 2);
  CHECK(world.Of(core::Fact::kCarries, Phase::kHanded, 1).size() == 1);
}

TEST_CASE("impersonate: who replays what it sent in another's name says it in that name") {
  SmallWorld world({3});
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    for (std::uint64_t i = 0; i < 2; ++i) out.Send(NodeId(1), Numbered(i, 100));
  };
  world.AddFault("impersonate", {0}, {{"as", "a2"}}).count = 1;
  world.AddFault("replay", {0}, {{"age", 1}});
  world.Run(Duration::Seconds(1));
  CHECK(HandedBy(world) == Counts{{{1, 2}, 2}, {{1, 0}, 1}});
}

TEST_CASE("twin: each host hears one instance, and is heard by that one") {
  SmallWorld world({4});
  GreetTwice(world, 4);
  std::map<std::uint32_t, int> answers;
  world.host(0).on_message = [](const Now&, NodeId from, const core::Bytes&, Effects& out) {
    // Whoever answers to all is heard by those only that it speaks with.
    for (std::uint32_t j = 1; j < 4; ++j) out.Send(NodeId(j), Numbered(from.value(), 50));
  };
  world.AddFault("twin", {0}, {{"groups", {{"a1"}, {"a2", "a3"}}}});
  world.Run(Duration::Seconds(1));
  world.Finish();
  const Counts handed = HandedBy(world);
  // Two greetings of each, by either instance; and an answer to each greeting of its own part.
  CHECK(handed.at({1, 0}) == 2 + 2);
  CHECK(handed.at({2, 0}) == 2 + 4);
  CHECK(handed.at({3, 0}) == 2 + 4);
  for (const Arrival& arrival : world.arrivals())
    if (arrival.from == NodeId(0) && arrival.payload.size() == 50)
      CHECK((NumberOf(arrival.payload) == 1) == (arrival.to == NodeId(1)));
  CHECK(world.Of(EventKind::kReceipt)[0].further > 0);
  // One seat for each host at the start, and one more for the twin.
  REQUIRE(world.seats().size() == 5);
  CHECK(world.seats()[4].self == NodeId(0));
  CHECK(world.seats()[4].identity == world.seats()[0].identity);
  CHECK(world.seats()[4].signer == world.seats()[0].signer);
}

TEST_CASE("twin: it begins anew with an empty disk, and its timers end with it") {
  SmallWorld world({2});
  int starts = 0;
  int ticks = 0;
  int late = 0;
  world.host(0).on_start = [&](const Now& now, std::span<const core::Bytes> saved, Effects& out) {
    ++starts;
    CHECK(saved.empty());
    out.Save(core::Bytes::Copy("kept"));
    out.SetTimer(TimerId(1), now.monotonic() + Duration::Milliseconds(10));
    out.SetTimer(TimerId(2), now.monotonic() + Duration::Milliseconds(45));
  };
  world.host(0).on_timer = [&](const Now& now, TimerId timer, Effects& out) {
    if (timer == TimerId(2)) {
      ++late;
      return;
    }
    ++ticks;
    out.SetTimer(timer, now.monotonic() + Duration::Milliseconds(10));
  };
  sim::Fault& fault = world.AddFault("twin", {0}, {{"groups", json::array({{"a0"}, {"a1"}})}});
  fault.at = At(Duration::Milliseconds(35));
  fault.until = At(Duration::Milliseconds(72));
  world.Run(Duration::Milliseconds(104));
  world.Finish();
  CHECK(starts == 2);
  // 10 of the node itself; the twin starts with the first input after 35 ms, at 40 ms, and is gone
  // with the first after 72 ms.
  CHECK(ticks == 10 + 3);
  // That of the twin would have been due at 85 ms.
  CHECK(late == 1);
  CHECK(world.Of(EventKind::kSave).size() == 1);
  CHECK(world.Of(EventKind::kCancelTimer).size() == 1);
}

TEST_CASE("twin: before it is in force, nothing differs") {
  const auto run = [](bool has_fault) {
    SmallWorld world({3});
    GreetTwice(world, 3);
    if (has_fault) world.AddFault("twin", {0}).at = At(Duration::Milliseconds(999));
    world.Run(Duration::Milliseconds(900));
    return std::pair(world.events().size(), HandedBy(world));
  };
  // The line that says who will be faulty is the only one that is new.
  const auto with = run(true);
  const auto without = run(false);
  CHECK(with.first == without.first + 1);
  CHECK(with.second == without.second);
}

TEST_CASE("twin: what an instance says to those that it does not speak with takes no credit") {
  SmallWorld world({3});
  world.scenario.network.send_buffer = core::ByteCount(1'000);
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    for (std::uint32_t j = 1; j < 3; ++j) out.Send(NodeId(j), Numbered(0, 900));
  };
  world.AddFault("twin", {0}, {{"groups", json::array({{"a1"}, {"a2"}})}});
  world.Run(Duration::Seconds(1));
  CHECK(HandedBy(world) == Counts{{{1, 0}, 1}, {{2, 0}, 1}});
  CHECK(world.CreditLeft(0, 1) == 1'000);
  CHECK(world.CreditLeft(0, 2) == 1'000);
}

}  // namespace lockstep::tests
