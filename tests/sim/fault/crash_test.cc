// Crashes between two effects of a call, and those that wait for what the budget spares.

#include <cstdint>
#include <tuple>
#include <vector>

#include "sim/fault/engine/spare.h"
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
using sim::Fault;
using trace::EventKind;

const Duration kMs = Duration::Milliseconds(1);

// Each millisecond host 0 notes something, and then sends to hosts 1, 2 and 3.
void Broadcast(SmallWorld& world) {
  world.intra().transport = sim::Transport::kDatagram;
  world.intra().segmentation = sim::Segmentation::kMtu;
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(1), now.monotonic() + kMs);
  };
  world.host(0).on_timer = [](const Now& now, TimerId timer, Effects& out) {
    out.Note({core::NoteKind::kRejoined, NodeId(), core::StreamId(), core::Run{0, 1, 1}, 0, 0});
    for (std::uint32_t to = 1; to < 4; ++to) out.Send(NodeId(to), Numbered(to, 100));
    out.SetTimer(timer, now.monotonic() + kMs);
  };
}

Fault& AddCrashBefore(SmallWorld& world, std::uint64_t nth, const std::string& on) {
  Fault& fault = world.AddFault("crash", {0}, {{"before_effect", nth}, {"on", on}});
  fault.at = At(kMs * 3);
  return fault;
}

std::uint64_t Changed(const SmallWorld& world, std::size_t fault = 0) {
  return world.Of(EventKind::kReceipt)[fault].further;
}

}  // namespace

TEST_CASE("crash: before the second send of a broadcast, one receiver has it and two have not") {
  SmallWorld world({4});
  Broadcast(world);
  AddCrashBefore(world, 2, "send");
  world.Run(kMs * 20);
  world.Finish();
  // Two broadcasts came before: the fault begins with the third, and before it at that instant.
  CHECK(world.NumbersAt(1).size() == 3);
  CHECK(world.NumbersAt(2).size() == 2);
  CHECK(world.NumbersAt(3).size() == 2);
  CHECK(Changed(world) == 1);
  REQUIRE(world.Of(EventKind::kCrash).size() == 1);
  CHECK(world.Of(EventKind::kCrash)[0].at == At(kMs * 3));
  // Two sends and a timer were cut off.
  CHECK(world.Of(EventKind::kCrash)[0].detail == 3);
}

TEST_CASE("crash: effects of all classes count, or those of one") {
  for (const auto& [nth, of, sent] : {std::tuple{std::uint64_t{1}, "any", std::size_t{2}},
                                      std::tuple{std::uint64_t{3}, "any", std::size_t{3}},
                                      std::tuple{std::uint64_t{2}, "note", std::size_t{3}}}) {
    SmallWorld world({4});
    Broadcast(world);
    AddCrashBefore(world, nth, of);
    world.Run(kMs * 20);
    CHECK(world.NumbersAt(1).size() == sent);
  }
}

TEST_CASE("crash: one whose moment does not come by its end has no effect") {
  SmallWorld world({4});
  Broadcast(world);
  AddCrashBefore(world, 50, "send").until = At(kMs * 5);
  AddCrashBefore(world, 1, "save").id = "never";
  world.Run(kMs * 20);
  world.Finish();
  CHECK(world.Of(EventKind::kCrash).empty());
  CHECK(Changed(world, 0) == 0);
  CHECK(Changed(world, 1) == 0);
}

TEST_CASE(
    "crash: one within the budget strikes whom the cluster can spare, until it has rejoined") {
  SmallWorld world({4});
  world.scenario.clusters[0].u = 1;
  Broadcast(world);
  const auto crash = [&](std::uint32_t host, std::int64_t at_ms) {
    world.AddFault("crash", {host}, {{"restart_after", "1ms"}, {"within_budget", true}}).at =
        At(kMs * at_ms);
  };
  crash(0, 2);   // Strikes; it is up at 3 ms, and notes at 4 ms that it has rejoined.
  crash(1, 3);   // Host 0 counts.
  crash(0, 3);   // So it does for itself.
  crash(2, 10);  // Nobody counts any more.
  crash(3, 15);  // Host 2 never rejoins.
  world.Run(kMs * 20);
  world.Finish();
  std::vector<std::uint64_t> changed;
  for (std::size_t i = 0; i < 5; ++i) changed.push_back(Changed(world, i));
  CHECK(changed == std::vector<std::uint64_t>{1, 0, 0, 1, 0});
}

TEST_CASE(
    "adaptive: who is about to say it first crashes before that, and is faulty from then on") {
  SmallWorld world({4});
  Broadcast(world);
  Fault& fault = world.AddFault("adaptive", {0, 1, 2}, {{"most", 1}, {"restart_after", "2ms"}});
  fault.at = At(kMs * 3);
  fault.link.dst = {NodeId(2)};
  world.Run(kMs * 20);
  world.Finish();
  CHECK(world.NumbersAt(1).size() == 3 + 14);
  CHECK(world.NumbersAt(2).size() == 2 + 14);
  REQUIRE(world.Of(EventKind::kFaulty).size() == 1);
  CHECK(world.Of(EventKind::kFaulty)[0].node == NodeId(0));
  CHECK(world.Of(EventKind::kFaulty)[0].at == At(kMs * 3));
  REQUIRE(world.Of(EventKind::kCrash).size() == 1);
  CHECK(Changed(world) == 1);
}

TEST_CASE("adaptive: nobody says it, and nobody is hit") {
  SmallWorld world({4});
  Broadcast(world);
  world.AddFault("adaptive", {1, 2, 3});
  world.Run(kMs * 20);
  world.Finish();
  CHECK(world.Of(EventKind::kFaulty).empty());
  CHECK(world.Of(EventKind::kCrash).empty());
  CHECK(Changed(world) == 0);
}

}  // namespace lockstep::tests
