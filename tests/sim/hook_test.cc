// Who may strike where something is about to happen: each answer, and what becomes of it.

#include "sim/hook.h"

#include <cstdint>
#include <functional>
#include <vector>

#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::ByteCount;
using core::Duration;
using core::Effects;
using core::Instant;
using core::NodeId;
using core::Now;
using core::TimerId;
using trace::EventKind;

const Duration kUs = Duration::Microseconds(1);
const Duration kDelay = kUs * 25;

// Answers as it is told, and remembers of whom it was asked.
class Answers final : public sim::Hook {
 public:
  sim::PacketFate BeforeQueue(Instant now, std::uint32_t edge, const sim::Packet& packet,
                              ByteCount waiting) override {
    ++packets;
    return on_packet ? on_packet(now, edge, packet, waiting) : sim::PacketFate{};
  }
  Duration BeforeTimer(Instant now, NodeId host, TimerId timer) override {
    ++timers;
    return on_timer ? on_timer(now, host, timer) : Duration();
  }
  Duration BeforeWrite(Instant, NodeId, ByteCount bytes) override {
    written = bytes;
    return longer;
  }

  std::function<sim::PacketFate(Instant, std::uint32_t, const sim::Packet&, ByteCount)> on_packet;
  std::function<Duration(Instant, NodeId, TimerId)> on_timer;
  Duration longer;
  ByteCount written;
  int packets = 0;
  int timers = 0;
};

// Host 0 sends so many messages of 100 B to host 1, as datagrams.
void SendSome(SmallWorld& world, std::uint64_t count) {
  world.intra().transport = sim::Transport::kDatagram;
  world.intra().segmentation = sim::Segmentation::kMtu;
  world.host(0).on_start = [count](const Now&, auto, Effects& out) {
    for (std::uint64_t i = 0; i < count; ++i) out.Send(NodeId(1), Numbered(i, 100));
  };
}

Instant ArrivalAfter(Duration later) { return At(WireTime(100) + kDelay + WireTime(100) + later); }

}  // namespace

TEST_CASE("hook: one that answers nothing is asked everywhere, and changes nothing") {
  const auto run = [](sim::Hook* hook) {
    SmallWorld world({3});
    SendSome(world, 4);
    world.host(1).on_message = [](const Now& now, NodeId, const core::Bytes&, Effects& out) {
      out.SetTimer(TimerId(1), now.monotonic() + kUs);
    };
    world.Begin();
    world.world().SetHook(hook);
    world.Run(Duration::Seconds(1));
    world.Finish();
    return world.digest();
  };
  Answers nothing;
  CHECK(run(&nothing) == run(nullptr));
  // A card and a port for each packet; timers that were set anew meanwhile do not expire.
  CHECK(nothing.packets == 8);
  CHECK(nothing.timers == 1);
}

TEST_CASE("hook: what is handed over ahead where nobody may strike comes at the same instants") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const auto run = [&](sim::Hook* hook, std::uint64_t& steps) {
      SmallWorld world({4});
      world.scenario.seed = seed;
      world.intra().transport = sim::Transport::kDatagram;
      world.intra().segmentation = sim::Segmentation::kMtu;
      world.intra().jitter = seed % 2 == 0 ? kUs : Duration();
      sim::Profile& profile = world.scenario.profile;
      profile.nic.tx_latency = sim::Distribution::Uniform(Duration::Nanoseconds(300), kUs);
      profile.nic.rx_latency = sim::Distribution::Uniform(Duration::Nanoseconds(10), kUs);
      profile.nic.tx.descriptors = seed % 3 == 0 ? 4 : 0;
      profile.send_message.per_unit = sim::Distribution::Uniform(Duration(), kUs);
      profile.receive_message.per_unit = sim::Distribution(Duration::Nanoseconds(45));
      profile.noise = {seed % 5 * 1'000, sim::Distribution(kUs * 3)};
      for (std::uint32_t host = 0; host < 4; ++host) {
        world.host(host).on_start = [](const Now& now, auto, Effects& out) {
          out.SetTimer(TimerId(1), now.monotonic() + kUs * 2);
        };
        world.host(host).on_timer = [host](const Now& now, TimerId timer, Effects& out) {
          for (std::uint32_t to = 0; to < 4; ++to)
            if (to != host) out.Send(NodeId(to), Numbered(to, 60 + 700 * host));
          out.SetTimer(timer, now.monotonic() + kUs * 5);
        };
      }
      world.Begin();
      world.world().SetHook(hook);
      world.Run(Duration::Milliseconds(2));
      world.Finish();
      steps = world.world().steps();
      return world.digest();
    };
    CAPTURE(seed);
    Answers nothing;
    std::uint64_t ahead = 0;
    std::uint64_t asked = 0;
    CHECK(run(nullptr, ahead) == run(&nothing, asked));
    // Wires with jitter that several share are not crossed ahead.
    CHECK((seed % 2 == 0 ? ahead == asked : ahead < asked));
  }
}

TEST_CASE("hook: a packet is lost where it would have waited, and told with that place") {
  SmallWorld world({2});
  SendSome(world, 3);
  Answers answers;
  // At the port towards host 1, the second one.
  answers.on_packet = [&](Instant, std::uint32_t, const sim::Packet&, ByteCount) {
    return sim::PacketFate{.is_lost = answers.packets == 5, .later = {}};
  };
  world.Begin();
  world.world().SetHook(&answers);
  world.Run(Duration::Seconds(1));
  CHECK(world.NumbersAt(1).size() == 2);
  const auto drops = world.Of(EventKind::kDrop);
  REQUIRE(drops.size() == 1);
  CHECK(drops[0].detail == static_cast<std::uint64_t>(trace::DropCause::kFault));
  CHECK(drops[0].further > 1);
  world.Finish();
}

TEST_CASE("hook: a packet comes so much later to its queue, and is asked about no second time") {
  SmallWorld world({2});
  SendSome(world, 2);
  Answers answers;
  answers.on_packet = [&](Instant, std::uint32_t, const sim::Packet&, ByteCount) {
    return sim::PacketFate{.is_lost = false, .later = answers.packets == 1 ? kUs * 7 : Duration()};
  };
  world.Begin();
  world.world().SetHook(&answers);
  world.Run(Duration::Seconds(1));
  // The second overtakes the first before the card.
  CHECK(world.NumbersAt(1) == std::vector<std::uint64_t>{1, 0});
  CHECK(world.arrivals().at(0).at == ArrivalAfter({}));
  CHECK(world.arrivals().at(1).at == ArrivalAfter(kUs * 7));
  CHECK(answers.packets == 4);
  world.Finish();
}

TEST_CASE("hook: a segment that waits before its card keeps its stream waiting, and all arrives") {
  SmallWorld world({2});
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    for (std::uint64_t i = 0; i < 40; ++i) out.Send(NodeId(1), Numbered(i, 10'000));
  };
  Answers answers;
  answers.on_packet = [&](Instant, std::uint32_t, const sim::Packet& packet, ByteCount) {
    const bool is_segment = packet.kind == sim::PacketKind::kSegment;
    return sim::PacketFate{.is_lost = is_segment && answers.packets % 11 == 0,
                           .later = is_segment && answers.packets % 3 == 0 ? kUs * 9 : Duration()};
  };
  world.Begin();
  world.world().SetHook(&answers);
  world.Run(Duration::Seconds(5));
  CHECK(world.NumbersAt(1).size() == 40);
  CHECK(world.CreditLeft(0, 1) == world.scenario.network.send_buffer.value());
  CHECK_FALSE(world.Of(EventKind::kDrop).empty());
  world.Finish();
}

TEST_CASE("hook: it sees what waits in a queue") {
  SmallWorld world({2});
  SendSome(world, 10);
  Answers answers;
  // No more than two wait at a time.
  answers.on_packet = [](Instant, std::uint32_t, const sim::Packet&, ByteCount waiting) {
    return sim::PacketFate{.is_lost = waiting.value() >= 2 * WireSize(100).value(), .later = {}};
  };
  world.Begin();
  world.world().SetHook(&answers);
  world.Run(Duration::Seconds(1));
  CHECK(world.NumbersAt(1) == std::vector<std::uint64_t>{0, 1});
  CHECK(world.Of(EventKind::kDrop).size() == 8);
}

TEST_CASE("hook: a timer expires so much later, unless it is set anew meanwhile") {
  SmallWorld world({1});
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(1), now.monotonic() + kUs * 10);
    out.SetTimer(TimerId(2), now.monotonic() + kUs * 10);
    out.SetTimer(TimerId(3), now.monotonic() + kUs * 12);
  };
  world.host(0).on_timer = [](const Now& now, TimerId timer, Effects& out) {
    if (timer == TimerId(3)) out.SetTimer(TimerId(2), now.monotonic() + kUs);
  };
  Answers answers;
  answers.on_timer = [](Instant now, NodeId, TimerId timer) {
    return timer != TimerId(3) && now < At(kUs * 11) ? kUs * 20 : Duration();
  };
  world.Begin();
  world.world().SetHook(&answers);
  world.Run(Duration::Seconds(1));
  std::vector<Instant> times;
  for (const trace::Event& event : world.Of(EventKind::kTimer, 0)) times.push_back(event.at);
  CHECK(times == std::vector<Instant>{At(kUs * 12), At(kUs * 13), At(kUs * 30)});
}

TEST_CASE("hook: a write takes so much longer, and what waits for it with it") {
  SmallWorld world({1});
  world.scenario.profile.disk.is_instant = false;
  world.scenario.profile.disk.latency = sim::Distribution(kUs * 10);
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Save(core::Bytes::Copy("abc"));
    out.Save(core::Bytes::Copy("de"));
    out.Hold(NodeId(0));
  };
  Answers answers;
  answers.longer = kUs * 500;
  world.Begin();
  world.world().SetHook(&answers);
  world.Run(Duration::Seconds(1));
  CHECK(answers.written == ByteCount(5));
  REQUIRE(world.Of(EventKind::kHold).size() == 1);
  CHECK(world.Of(EventKind::kHold)[0].at == At(kUs * 520));
}

}  // namespace lockstep::tests
