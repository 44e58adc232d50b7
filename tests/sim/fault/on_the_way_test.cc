// Faults that change when messages come: delay, reorder, duplicate and round_breach, and what they
// keep.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "protocols/parameters/parameters.h"
#include "sim/fault/engine/held.h"
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

// Host 0 sends so many numbered datagrams to host 1, one each `apart`.
void SendNumbered(SmallWorld& world, std::uint64_t count, Duration apart) {
  world.intra().transport = sim::Transport::kDatagram;
  world.intra().segmentation = sim::Segmentation::kMtu;
  world.host(0).on_start = [=](const Now& now, auto, Effects& out) {
    for (std::uint64_t i = 0; i < count; ++i)
      out.SetTimer(TimerId(i), now.monotonic() + apart * static_cast<std::int64_t>(i));
  };
  world.host(0).on_timer = [](const Now&, TimerId timer, Effects& out) {
    out.Send(NodeId(1), Numbered(timer.value(), 100));
  };
}

struct Effect {
  std::uint64_t touched = 0;
  std::uint64_t changed = 0;
  friend bool operator==(const Effect&, const Effect&) = default;
};
Effect RunToEnd(SmallWorld& world) {
  world.Run(Duration::Seconds(1));
  world.Finish();
  const auto receipts = world.Of(EventKind::kReceipt);
  REQUIRE(receipts.size() == world.scenario.faults.size());
  return {receipts[0].detail, receipts[0].further};
}

// When host 1 was handed each number; a number that came twice counts with the first.
std::vector<Instant> TimesAt1(const SmallWorld& world, std::uint64_t count) {
  std::vector<Instant> times(count, Instant::Max());
  for (const Arrival& arrival : world.arrivals())
    if (arrival.to == NodeId(1))
      times[NumberOf(arrival.payload)] = std::min(times[NumberOf(arrival.payload)], arrival.at);
  return times;
}

Fault& AddDelay(SmallWorld& world, Duration min, Duration max) {
  return world.AddFault("delay", {}, {{"min", FormatDuration(min)}, {"max", FormatDuration(max)}});
}

}  // namespace

TEST_CASE("delay: each message comes later, by no less and no more than it says") {
  SmallWorld undisturbed({2});
  SendNumbered(undisturbed, 20, kMs * 20);
  undisturbed.Run(Duration::Seconds(1));
  SmallWorld world({2});
  SendNumbered(world, 20, kMs * 20);
  AddDelay(world, kMs * 2, kMs * 9);
  CHECK(RunToEnd(world) == Effect{20, 20});
  const auto right = TimesAt1(undisturbed, 20);
  const auto late = TimesAt1(world, 20);
  for (std::size_t i = 0; i < 20; ++i) {
    CHECK(late[i] - right[i] >= kMs * 2);
    CHECK(late[i] - right[i] <= kMs * 9);
  }
  CHECK(late[0] - right[0] != late[1] - right[1]);
}

TEST_CASE("delay: what is not chosen is not changed") {
  SmallWorld world({3});
  SendNumbered(world, 20, kMs);
  world.Run(Duration::Seconds(1));
  SmallWorld other({3});
  SendNumbered(other, 20, kMs);
  AddDelay(other, kMs, kMs).link.dst = {NodeId(2)};
  CHECK(RunToEnd(other) == Effect{0, 0});
  CHECK(TimesAt1(other, 20) == TimesAt1(world, 20));
}

TEST_CASE("delay: a dead process' messages still come, a dead machine's do not") {
  for (const bool is_of_machine : {false, true}) {
    SmallWorld world({2});
    SendNumbered(world, 1, kMs);
    AddDelay(world, kMs * 50, kMs * 50);
    world.AddFault("crash", {0}, {{"scope", is_of_machine ? "machine" : "process"}}).at =
        At(kMs * 10);
    CHECK(RunToEnd(world) == Effect{1, 1});
    CHECK(world.NumbersAt(1).size() == (is_of_machine ? 0U : 1U));
  }
}

TEST_CASE("reorder: messages pass each other, and all that came later count") {
  SmallWorld undisturbed({2});
  SendNumbered(undisturbed, 30, kMs);
  undisturbed.Run(Duration::Seconds(1));
  SmallWorld world({2});
  SendNumbered(world, 30, kMs);
  world.AddFault("reorder", {}, {{"window", "8ms"}});
  const Effect effect = RunToEnd(world);
  const std::vector<std::uint64_t> numbers = world.NumbersAt(1);
  REQUIRE(numbers.size() == 30);
  CHECK_FALSE(std::is_sorted(numbers.begin(), numbers.end()));
  const auto right = TimesAt1(undisturbed, 30);
  const auto late = TimesAt1(world, 30);
  std::uint64_t later = 0;
  for (std::size_t i = 0; i < 30; ++i) later += late[i] > right[i] ? 1U : 0U;
  CHECK(effect == Effect{30, later});
}

TEST_CASE("duplicate: so many copies come, so long behind each other, under names of their own") {
  SmallWorld world({2});
  SendNumbered(world, 5, kMs * 20);
  world.AddFault("duplicate", {}, {{"copies", 2}, {"spacing", "3ms"}});
  CHECK(RunToEnd(world) == Effect{5, 10});
  REQUIRE(world.arrivals().size() == 15);
  CHECK(world.arrivals()[1].at - world.arrivals()[0].at == kMs * 3);
  CHECK(world.arrivals()[2].at - world.arrivals()[0].at == kMs * 6);
  std::vector<trace::MessageId> names;
  for (const trace::Event& handed : world.Of(EventKind::kMessage)) names.push_back(handed.message);
  std::sort(names.begin(), names.end());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}

TEST_CASE("duplicate: copies of a sender without power are lost with it") {
  SmallWorld world({2});
  SendNumbered(world, 5, kMs * 20);
  world.AddFault("duplicate", {}, {{"copies", 2}, {"spacing", "3ms"}});
  world.AddFault("crash", {0}, {{"scope", "machine"}}).at = At(kMs);
  CHECK(RunToEnd(world) == Effect{1, 2});
  CHECK(world.NumbersAt(1).size() <= 1);
}

TEST_CASE("on the way: what a host says to itself is not kept, and `count` ends a fault") {
  SmallWorld world({2});
  SendNumbered(world, 10, kMs * 20);
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.Send(NodeId(0), Numbered(0, 10));
    for (std::uint64_t i = 0; i < 10; ++i) out.SetTimer(TimerId(i), now.monotonic() + kMs);
  };
  AddDelay(world, kMs, kMs).count = 3;
  CHECK(RunToEnd(world) == Effect{3, 3});
}

TEST_CASE("loss: packets are lost with its probability, and a stream sends them again") {
  for (const bool is_stream : {false, true}) {
    SmallWorld world({2});
    SendNumbered(world, 200, kMs);
    if (is_stream) world.intra().transport = sim::Transport::kStream;
    Fault& fault = world.AddFault("loss");
    fault.probability = {40, 100};
    const Effect effect = RunToEnd(world);
    CHECK(effect.changed > effect.touched / 4);
    CHECK(effect.changed < effect.touched * 3 / 5);
    if (is_stream) {
      CHECK(effect.touched > 200);
      CHECK(world.NumbersAt(1).size() > 100);
    } else {
      CHECK(effect.touched == 200);
      CHECK(world.NumbersAt(1).size() == 200 - effect.changed);
    }
  }
}

TEST_CASE("loss: of links on which nothing goes nothing is lost") {
  SmallWorld world({3});
  SendNumbered(world, 20, kMs);
  world.AddFault("loss").link.src = {NodeId(2)};
  CHECK(RunToEnd(world) == Effect{0, 0});
  CHECK(world.NumbersAt(1).size() == 20);
}

}  // namespace lockstep::tests
