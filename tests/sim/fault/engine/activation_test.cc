// When faults begin, begin again and end; and events that they wait for.

#include <cstdint>
#include <string>
#include <vector>

#include "sim/fault/engine/event_watch.h"
#include "sim/fault/engine/plan.h"
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

// Host 0 notes that it has rejoined, and sends to hosts 1 and 2, each millisecond.
void Chatter(SmallWorld& world) {
  world.intra().transport = sim::Transport::kDatagram;
  world.intra().segmentation = sim::Segmentation::kMtu;
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(1), now.monotonic() + kMs);
  };
  world.host(0).on_timer = [](const Now& now, TimerId timer, Effects& out) {
    const auto ms = static_cast<std::uint64_t>((now.monotonic() - Instant()).ps() / kMs.ps());
    out.Send(NodeId(1), Numbered(ms, 10));
    out.Note({core::NoteKind::kRejoined, NodeId(), core::StreamId(), core::Run{ms, 1, 1}, 0, 0});
    out.Send(NodeId(2), Numbered(ms, 10));
    out.SetTimer(timer, now.monotonic() + kMs);
  };
}

// In milliseconds, when the first fault began and ended.
std::vector<std::int64_t> Times(const SmallWorld& world, bool begins) {
  std::vector<std::int64_t> times;
  for (const trace::Event& event : world.Of(EventKind::kFault))
    if ((event.detail == 1) == begins) times.push_back((event.at - Instant()).ps() / kMs.ps());
  return times;
}

using Ms = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("activation: every so often it begins again, and lasts as long each time") {
  SmallWorld world({3});
  Chatter(world);
  Fault& fault = world.AddFault("drop");
  fault.at = At(kMs * 10);
  fault.until = At(kMs * 33);
  fault.activation.every = kMs * 10;
  fault.activation.lasts = kMs * 4;
  world.Run(kMs * 60);
  CHECK(Times(world, true) == Ms{10, 20, 30});
  CHECK(Times(world, false) == Ms{14, 24, 33});
}

TEST_CASE("activation: one that its count has ended begins again with the next time") {
  SmallWorld world({3});
  Chatter(world);
  Fault& fault = world.AddFault("pause", {1});
  fault.at = At(kMs * 10);
  fault.until = At(kMs * 50);
  fault.activation.every = kMs * 20;
  fault.activation.lasts = kMs * 5;
  world.Run(kMs * 60);
  world.Finish();
  CHECK(Times(world, true) == Ms{10, 30});
  CHECK(world.Of(EventKind::kReceipt)[0].detail == 2);
}

TEST_CASE("activation: gaps that are drawn have the mean that was asked for, and end") {
  SmallWorld world({3});
  Fault& fault = world.AddFault("clock_step", {0}, {{"by", "1us"}});
  fault.at = At(kMs);
  fault.until = At(kMs * 20'000);
  fault.activation.poisson = kMs * 10;
  world.Run(kMs * 30'000);
  const double count = static_cast<double>(Times(world, true).size());
  // 2000 are expected; six standard deviations are 270.
  CHECK(count > 2'000 - 270);
  CHECK(count < 2'000 + 270);
  CHECK(Times(world, true).back() < 20'000);
}

TEST_CASE("on: a fault begins with the third note of a host, before its next effect") {
  SmallWorld world({3});
  Chatter(world);
  Fault& fault = world.AddFault("crash", {0});
  fault.activation.on = {{NodeId(0)}, "rejoined", {}, "", {}, 2, {}};
  world.Run(kMs * 20);
  REQUIRE(world.Of(EventKind::kCrash).size() == 1);
  CHECK(world.Of(EventKind::kCrash)[0].at == At(kMs * 3));
  // Of the third call the send before the note was performed, that after it was not.
  CHECK(world.NumbersAt(1) == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(world.NumbersAt(2) == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("on: a note about one of some numbers, and only from its beginning to its end") {
  for (const auto& [value, crashes] : {std::pair{7, 1}, std::pair{2, 0}, std::pair{15, 0}}) {
    SmallWorld world({3});
    Chatter(world);
    Fault& fault = world.AddFault("crash", {1});
    fault.at = At(kMs * 4);
    fault.until = At(kMs * 12);
    fault.activation.on = {{}, "rejoined", {}, "", static_cast<std::uint64_t>(value), 0, {}};
    world.Run(kMs * 20);
    CHECK(world.Of(EventKind::kCrash).size() == static_cast<std::size_t>(crashes));
  }
}

TEST_CASE("on: the second send that a call has listed") {
  SmallWorld world({3});
  Chatter(world);
  Fault& fault = world.AddFault("crash", {2});
  fault.at = At(kMs * 5);
  fault.activation.on = {{NodeId(0)}, "", sim::EffectClass::kSend, "", {}, 3, 1};
  world.Run(kMs * 20);
  // The fourth that is the second of its call, from 5 ms on.
  REQUIRE(world.Of(EventKind::kCrash).size() == 1);
  CHECK(world.Of(EventKind::kCrash)[0].at == At(kMs * 8));
}

TEST_CASE("on: a message of a type that is handed") {
  SmallWorld world({2});
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Send(NodeId(1), Data(core::Run{0, 1, 1}));
    out.Send(NodeId(1), Ack(3));
    out.SetTimer(TimerId(1), Instant() + kMs);
  };
  world.host(0).on_timer = [](const Now&, TimerId, Effects& out) { out.Send(NodeId(1), Ack(4)); };
  Fault& fault = world.AddFault("crash", {1});
  fault.activation.on = {{}, "", {}, "test.ack", {}, 0, {}};
  world.Run(kMs * 20);
  CHECK(world.Of(EventKind::kCrash).size() == 1);
  CHECK(world.arrivals().size() == 2);
}

TEST_CASE("ticks: what a fault had planned is not done when it is over, nor twice") {
  SmallWorld world({2});
  Fault& fault = world.AddFault("gc_pause", {1}, {{"period", "10ms"}, {"lasts", "4ms"}});
  fault.until = At(kMs * 45);
  fault.activation.every = kMs * 25;
  fault.activation.lasts = kMs * 13;
  world.Run(kMs * 60);
  std::vector<std::int64_t> stalls;
  for (const trace::Event& event : world.Of(EventKind::kStalled, 1))
    stalls.push_back((event.at - Instant()).ps() / kMs.ps());
  std::vector<std::int64_t> once;
  for (const std::int64_t at : stalls)
    if (once.empty() || once.back() != at) once.push_back(at);
  CHECK(once == Ms{0, 10, 25, 35});
}

}  // namespace lockstep::tests
