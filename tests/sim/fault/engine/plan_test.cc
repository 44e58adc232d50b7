// Faults of messages and hosts: each does what it says and no more, and leaves a receipt.

#include "sim/fault/engine/plan.h"

#include <cstdint>
#include <numeric>
#include <string>
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
using core::TimerId;
using sim::Fault;
using trace::DropCause;
using trace::EventKind;

const Duration kMs = Duration::Milliseconds(1);

// Host 0 sends one k′ after the other, 0 to 9, one each millisecond, to each of its peers.
void SendTen(SmallWorld& world, const std::vector<std::uint32_t>& peers) {
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    for (std::int64_t i = 0; i < 10; ++i) {
      out.SetTimer(TimerId(static_cast<std::uint64_t>(i)), now.monotonic() + kMs * i);
    }
  };
  world.host(0).on_timer = [=](const Now&, TimerId timer, Effects& out) {
    for (const std::uint32_t peer : peers) out.Send(NodeId(peer), Data(Run{timer.value(), 1, 1}));
  };
}

// The k′ that a host was handed, in order.
std::vector<std::uint64_t> HandedTo(const SmallWorld& world, std::uint32_t host) {
  std::vector<std::uint64_t> seqs;
  for (const trace::Event& event : world.Of(core::Fact::kCarries, trace::Phase::kHanded, host))
    seqs.push_back(event.value);
  return seqs;
}

struct Receipt {
  std::uint64_t touched = 0;
  std::uint64_t changed = 0;
  friend bool operator==(const Receipt&, const Receipt&) = default;
};

// Runs to the end; the receipt of the first fault.
Receipt RunAll(SmallWorld& world) {
  world.Run(Duration::Seconds(1));
  world.Finish();
  const auto receipts = world.Of(EventKind::kReceipt);
  REQUIRE(receipts.size() == world.scenario.faults.size());
  return {receipts[0].detail, receipts[0].further};
}

std::vector<std::uint64_t> DropsOfFaults(const SmallWorld& world) {
  std::vector<std::uint64_t> at_ms;
  for (const trace::Event& drop : world.Of(EventKind::kDrop)) {
    if (drop.detail != static_cast<std::uint64_t>(DropCause::kFault)) continue;
    at_ms.push_back(static_cast<std::uint64_t>(drop.at.ps() / kMs.ps()));
  }
  return at_ms;
}

using Seqs = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("drop: it destroys the message that carries a sequence number, and only that") {
  SmallWorld world({3});
  SendTen(world, {1});
  world.host(2).on_start = [](const Now&, auto, Effects& out) {
    out.Send(NodeId(0), Data(Run{1, 3, 2}));  // 1, 3, 5
    out.Send(NodeId(0), Data(Run{0, 3, 2}));  // 0, 2, 4
    out.Send(NodeId(0), Data(Run{4, 9, 1}));  // 4 to 12
    out.Send(NodeId(0), Data(Run{3, 0, 1}));  // none
    out.Send(NodeId(0), Ack(3));
  };
  world.AddFault("drop").message.seq = 3;
  CHECK(RunAll(world) == Receipt{2, 2});
  CHECK(HandedTo(world, 1) == Seqs{0, 1, 2, 4, 5, 6, 7, 8, 9});
  CHECK(HandedTo(world, 0) == Seqs{0, 4, 3});
  CHECK(world.Of(core::Fact::kStates, trace::Phase::kHanded, 0).size() == 1);
  // Its contents are offered, and destroyed; its credit returns.
  CHECK(world.Of(core::Fact::kCarries, trace::Phase::kSent, 0).size() == 10);
  CHECK(world.Of(core::Fact::kCarries, trace::Phase::kDestroyed, 0).size() == 1);
  CHECK(world.Of(core::Fact::kCarries, trace::Phase::kDestroyed, 0)[0].value == 3);
  CHECK(world.CreditLeft(0, 1) == world.scenario.network.send_buffer.value());
}

TEST_CASE("drop: it destroys messages of a type") {
  SmallWorld world({2});
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Send(NodeId(1), Data(Run{0, 1, 1}));
    out.Send(NodeId(1), Ack(0));
    out.Send(NodeId(1), Numbered(0, 10));
    out.Send(NodeId(1), Ack(1));
  };
  world.AddFault("drop").message.type = "test.ack";
  CHECK(RunAll(world) == Receipt{2, 2});
  CHECK(world.arrivals().size() == 2);
  CHECK(world.Of(core::Fact::kStates, trace::Phase::kSent).size() ==
        2);  // It was said, but not heard.
  CHECK(world.Of(core::Fact::kStates, trace::Phase::kHanded).empty());
}

TEST_CASE("drop: it destroys the nth that matches otherwise, counted from 0") {
  SmallWorld world({3});
  SendTen(world, {1, 2});
  Fault& fault = world.AddFault("drop");
  fault.link.dst = {NodeId(2)};
  fault.message.nth = 4;
  CHECK(RunAll(world) == Receipt{1, 1});
  CHECK(HandedTo(world, 1).size() == 10);
  CHECK(HandedTo(world, 2) == Seqs{0, 1, 2, 3, 5, 6, 7, 8, 9});
}

TEST_CASE("drop: it destroys what goes from some to some, or through a class of links") {
  SmallWorld world({2, 2});
  for (std::uint32_t from = 0; from < 4; ++from) {
    world.host(from).on_start = [](const Now&, auto, Effects& out) {
      for (std::uint32_t to = 0; to < 4; ++to) out.Send(NodeId(to), Data(Run{to, 1, 1}));
    };
  }
  SmallWorld intra({2, 2});
  for (std::uint32_t from = 0; from < 4; ++from) intra.host(from) = world.host(from);

  Fault& pair = world.AddFault("drop");
  pair.link.src = {NodeId(0), NodeId(3)};
  pair.link.dst = {NodeId(1)};
  CHECK(RunAll(world) == Receipt{2, 2});
  CHECK(world.arrivals().size() == 14);

  intra.AddFault("drop").link.link_class = "intra";
  CHECK(RunAll(intra) == Receipt{8, 8});
  CHECK(intra.arrivals().size() == 8);
}

TEST_CASE("drop: it ends at its end, and begins at its beginning") {
  SmallWorld world({2});
  SendTen(world, {1});
  Fault& fault = world.AddFault("drop");
  fault.at = At(kMs * 3);
  fault.until = At(kMs * 6);
  // The fault acts before what happens at the same instant, and so does its end.
  CHECK(RunAll(world) == Receipt{3, 3});
  CHECK(HandedTo(world, 1) == Seqs{0, 1, 2, 6, 7, 8, 9});
  const auto events = world.Of(EventKind::kFault);
  REQUIRE(events.size() == 2);
  CHECK(events[0].detail == 1);
  CHECK(events[0].at == fault.at);
  CHECK(events[1].detail == 0);
  CHECK(events[1].at == fault.until);
}

TEST_CASE("drop: it ends after so many effects") {
  SmallWorld world({2});
  SendTen(world, {1});
  Fault& fault = world.AddFault("drop");
  fault.at = At(kMs * 2);
  fault.count = 3;
  CHECK(RunAll(world) == Receipt{3, 3});
  CHECK(HandedTo(world, 1) == Seqs{0, 1, 5, 6, 7, 8, 9});
}

TEST_CASE("drop: with a probability it destroys about so many, and says how many it might have") {
  SmallWorld world({2});
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    for (std::uint64_t i = 0; i < 2'000; ++i) out.Send(NodeId(1), Numbered(i, 10));
  };
  world.AddFault("drop").probability = {1, 5};
  const Receipt receipt = RunAll(world);
  CHECK(receipt.touched == 2'000);
  // 400 expected; six standard deviations are 6 * sqrt(2000 * 4 / 25) = 107.
  CHECK(receipt.changed > 400 - 107);
  CHECK(receipt.changed < 400 + 107);
  CHECK(world.arrivals().size() == 2'000 - receipt.changed);
  CHECK(world.CreditLeft(0, 1) == world.scenario.network.send_buffer.value());
}

TEST_CASE("drop: it acts above the stream, which never resends what it destroyed") {
  SmallWorld world({2});
  SendTen(world, {1});
  world.AddFault("drop").message.seq = 9;
  RunAll(world);
  CHECK(HandedTo(world, 1).size() == 9);
  CHECK(DropsOfFaults(world) == Seqs{9});
}

TEST_CASE("silent: what its host would have sent is dropped, and the node keeps its credit") {
  SmallWorld world({3});
  world.scenario.network.send_buffer = core::ByteCount(100);  // Three messages at most.
  SendTen(world, {1, 2});
  world.host(1) = world.host(0);
  Fault& fault = world.AddFault("silent", {0});
  fault.at = At(kMs * 2);
  fault.until = At(kMs * 8);
  CHECK(RunAll(world) == Receipt{12, 12});
  CHECK(HandedTo(world, 2) == Seqs{0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 8, 9, 9});
  CHECK(DropsOfFaults(world).size() == 12);
  for (const std::uint32_t to : {1U, 2U}) CHECK(world.CreditLeft(0, to) == 100);
  CHECK(world.Of(EventKind::kSend, 0).size() == 8);    // After the filter.
  CHECK(world.Of(EventKind::kTimer, 0).size() == 10);  // The node was not told.
}

TEST_CASE("crash: the receipt counts the hosts that it hit") {
  SmallWorld world({4});
  world.AddFault("crash", {1, 3}).at = At(kMs);
  CHECK(RunAll(world) == Receipt{2, 2});
}

TEST_CASE("faults: one that had nothing to act on leaves a receipt of nothing") {
  SmallWorld world({2});
  world.AddFault("drop").message.type = "test.ack";
  world.AddFault("silent", {0});
  world.AddFault("lie_ack", {1}, {{"mode", "inf"}});
  CHECK(RunAll(world) == Receipt{0, 0});
  for (const trace::Event& receipt : world.Of(EventKind::kReceipt)) {
    CHECK(receipt.detail == 0);
    CHECK(receipt.further == 0);
  }
}

TEST_CASE("faults: who spends budget is said before anything happens") {
  SmallWorld world({4});
  world.AddFault("drop").link.src = {NodeId(0)};
  world.AddFault("crash", {1}).at = At(kMs);
  world.AddFault("lie_ack", {3}, {{"mode", "inf"}});
  world.AddFault("silent", {2});
  world.Run(kMs);
  std::vector<std::pair<std::uint32_t, std::uint64_t>> faulty;
  for (std::size_t i = 0; i < 3; ++i) {
    const trace::Event& event = world.events()[i];
    REQUIRE(event.kind == EventKind::kFaulty);
    faulty.emplace_back(event.node.value(), event.value);
  }
  // 1: spends u; 2: spends u and r.
  CHECK(faulty == std::vector<std::pair<std::uint32_t, std::uint64_t>>{{1, 1}, {3, 2}, {2, 1}});
  CHECK(world.Of(EventKind::kFaulty).size() == 3);
}

TEST_CASE("faults: each draws from a stream of its own, so that another changes nothing of it") {
  const auto survivors = [](bool has_other) {
    SmallWorld world({3});
    world.host(0).on_start = [](const Now&, auto, Effects& out) {
      for (std::uint64_t i = 0; i < 300; ++i) {
        out.Send(NodeId(1), Numbered(i, 10));
        out.Send(NodeId(2), Numbered(i, 10));
      }
    };
    Fault& fault = world.AddFault("drop");
    fault.link.dst = {NodeId(1)};
    fault.probability = {1, 2};
    if (has_other) {
      Fault& other = world.AddFault("drop");
      other.link.dst = {NodeId(2)};
      other.probability = {1, 3};
    }
    world.Run(Duration::Seconds(1));
    return world.NumbersAt(1);
  };
  CHECK(survivors(false) == survivors(true));
}

}  // namespace lockstep::tests
