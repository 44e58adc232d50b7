// Liars: what they say instead, to whom, and signed with which key.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Bytes;
using core::Duration;
using core::Effects;
using core::NodeId;
using core::Now;
using core::Run;
using trace::EventKind;

constexpr std::uint64_t kInfinity = std::uint64_t{1} << 60;

// A world whose host 0 sends these acknowledgements, honestly signed, and data, to host 1.
void Acknowledge(SmallWorld& world, const std::vector<std::uint64_t>& cumulative) {
  world.host(0).on_start = [&world, cumulative](const Now&, auto, Effects& out) {
    for (const std::uint64_t ack : cumulative) {
      out.Send(NodeId(1),
               Ack(ack, {Run{ack + 2, 3, 1}}, ack + 9, world.seats()[0].signer, core::Identity(1)));
    }
    out.Send(NodeId(1), Data(Run{5, 1, 1}));
    out.Send(NodeId(1), Bytes::Copy("hello"));
  };
}

std::vector<std::uint64_t> Heard(const SmallWorld& world) {
  std::vector<std::uint64_t> heard;
  for (const trace::Event& event : world.Of(core::Fact::kStates, trace::Phase::kHanded, 1))
    heard.push_back(event.value);
  return heard;
}

using Numbers = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("lie_ack: others hear the lie, whole and signed as by its node") {
  SmallWorld world({2});
  Acknowledge(world, {4, 10});
  world.AddFault("lie_ack", {0}, {{"mode", "inf"}});
  world.Run(Duration::Seconds(1));
  CHECK(Heard(world) == Numbers{kInfinity, kInfinity});
  REQUIRE(world.arrivals().size() == 4);
  const core::Signer* signer = world.seats()[0].signer;
  // Everything but the acknowledgement, φ-list included, is what the node said.
  CHECK(world.arrivals()[0].payload ==
        Ack(kInfinity, {Run{6, 3, 1}}, 13, signer, core::Identity(1)));
  CHECK(world.arrivals()[1].payload ==
        Ack(kInfinity, {Run{12, 3, 1}}, 19, signer, core::Identity(1)));
  CHECK_FALSE(world.arrivals()[0].payload ==
              Ack(kInfinity, {Run{6, 3, 1}}, 13, world.seats()[1].signer, core::Identity(1)));
  CHECK(world.arrivals()[2].payload == Data(Run{5, 1, 1}));
  CHECK(world.arrivals()[3].payload == Bytes::Copy("hello"));
  // The world says what was said instead of what, and states the lie.
  const auto tampered = world.Of(EventKind::kTampered);
  REQUIRE(tampered.size() == 2);
  CHECK(tampered[0].node == NodeId(0));
  CHECK(tampered[0].peer == NodeId(1));
  CHECK(tampered[0].value == 4);
  CHECK(tampered[0].detail == kInfinity);
  CHECK(tampered[1].value == 10);
  CHECK(world.Of(core::Fact::kStates, trace::Phase::kSent)[0].value == kInfinity);
}

TEST_CASE("lie_ack: a lie that is the truth changes nothing, and does not count") {
  SmallWorld world({2});
  Acknowledge(world, {0, 5, 0});
  world.AddFault("lie_ack", {0}, {{"mode", "zero"}});
  world.Run(Duration::Seconds(1));
  world.Finish();
  CHECK(Heard(world) == Numbers{0, 0, 0});
  CHECK(world.Of(EventKind::kTampered).size() == 1);
  CHECK(world.Of(EventKind::kReceipt)[0].detail == 3);   // touched
  CHECK(world.Of(EventKind::kReceipt)[0].further == 1);  // changed
}

TEST_CASE("lie_ack: a lag says so many fewer") {
  SmallWorld world({2});
  Acknowledge(world, {100, 30, 2});
  world.AddFault("lie_ack", {0}, {{"mode", "lag"}, {"lag", 30}});
  world.Run(Duration::Seconds(1));
  CHECK(Heard(world) == Numbers{70, 0, 0});
}

TEST_CASE("lie_ack: it ends after so many lies, and others are honest") {
  SmallWorld world({3});
  Acknowledge(world, {3, 4, 5, 6});
  world.host(2).on_start = [](const Now&, auto, Effects& out) { out.Send(NodeId(1), Ack(8)); };
  world.AddFault("lie_ack", {0}, {{"mode", "inf"}}).count = 2;
  world.Run(Duration::Seconds(1));
  world.Finish();
  Numbers from_liar;
  for (const trace::Event& event : world.Of(core::Fact::kStates, trace::Phase::kHanded, 1)) {
    if (event.peer == NodeId(0)) from_liar.push_back(event.value);
    if (event.peer == NodeId(2)) CHECK(event.value == 8);
  }
  CHECK(from_liar == Numbers{kInfinity, kInfinity, 5, 6});
  CHECK(world.Of(EventKind::kReceipt)[0].further == 2);
}

TEST_CASE("lie_ack: credit is what the node believes that it spent") {
  SmallWorld world({2});
  // Credit for exactly the two acknowledgements; a lie must not take more, nor give back more.
  const std::int64_t size = Ack(4, {Run{6, 3, 1}}, 13).byte_count().value();
  world.scenario.network.send_buffer = core::ByteCount(2 * size);
  world.host(0).on_start = [&](const Now&, auto, Effects& out) {
    for (int i = 0; i < 2; ++i) out.Send(NodeId(1), Ack(4, {Run{6, 3, 1}}, 13));
  };
  world.AddFault("lie_ack", {0}, {{"mode", "inf"}});
  world.Run(Duration::Seconds(1));
  CHECK(world.arrivals().size() == 2);
  CHECK(world.CreditLeft(0, 1) == 2 * size);
}

TEST_CASE("collude: one acknowledges what another has sent, and no more than that") {
  SmallWorld world({4});
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Send(NodeId(2), Data(Run{5, 3, 1}));
    out.Send(NodeId(3), Data(Run{8, 1, 1}));
  };
  for (const std::uint32_t liar : {2U, 3U}) {
    world.host(liar).on_start = [&world, liar](const Now&, auto, Effects& out) {
      for (const std::uint64_t ack : {1U, 9U})
        out.Send(NodeId(1), Ack(ack, {}, ack, world.seats()[liar].signer, core::Identity(1)));
    };
  }
  world.AddFault("collude", {0, 2});
  world.Run(Duration::Seconds(1));
  world.Finish();
  // 5, 6, 7 and 8 exist; who acknowledges 9 says so anyhow.
  Numbers heard = Heard(world);
  std::sort(heard.begin(), heard.end());
  CHECK(heard == Numbers{1, 9, 9, 9});
  // Contents reach the accomplice, and nobody else.
  std::vector<NodeId> reached;
  for (const Arrival& arrival : world.arrivals())
    if (arrival.from == NodeId(0)) reached.push_back(arrival.to);
  CHECK(reached == std::vector<NodeId>{NodeId(2)});
  CHECK(world.Of(EventKind::kReceipt)[0].further == 2);
}

TEST_CASE("flood: two of them add up, and do not multiply") {
  SmallWorld world({2});
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Send(NodeId(1), Data(Run{5, 1, 1}));
  };
  world.AddFault("flood", {0}, {{"copies", 300}});
  world.AddFault("flood", {0}, {{"copies", 400}});
  world.Run(Duration::Seconds(1));
  world.Finish();
  CHECK(world.arrivals().size() == 1 + 300 + 400);
  const auto receipts = world.Of(EventKind::kReceipt);
  CHECK(receipts[0].further == 300);
  CHECK(receipts[1].further == 400);
}

}  // namespace lockstep::tests
