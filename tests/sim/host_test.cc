// A host: stages and prices, effects in order, credit.

#include "sim/host.h"

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::ByteCount;
using core::Bytes;
using core::Duration;
using core::Effects;
using core::Instant;
using core::NodeId;
using core::Now;
using core::TimerId;
using core::Work;
using sim::Distribution;
using trace::DropCause;
using trace::EventKind;

constexpr std::size_t kDiskStage = 3;  // of FreeProfile
const Duration kUs = Duration::Microseconds(1);
const Duration kDelay = kUs * 25;

// When a message of this size arrives that was handed to idle cards at `sent`.
Duration ArrivalOf(Duration sent, std::uint64_t size) {
  return sent + WireTime(size) + kDelay + WireTime(size);
}

sim::Price& PriceOf(SmallWorld& world, Work work) {
  return world.scenario.profile.prices[static_cast<std::size_t>(work)];
}

// Logging costs 10 us on a stage of its own, analysing 10 us on the stage that runs the node.
void SetPrices(SmallWorld& world) {
  PriceOf(world, Work::kLog) = {kDiskStage, Distribution(kUs * 10), Duration()};
  PriceOf(world, Work::kAnalyse) = {sim::Profile::kProtocolStage, Distribution(kUs * 10),
                                    Duration()};
}

std::vector<Instant> TimesOf(const std::vector<trace::Event>& events) {
  std::vector<Instant> times;
  for (const trace::Event& event : events) times.push_back(event.at);
  return times;
}

}  // namespace

TEST_CASE("host: work on another stage delays what is listed after it, and nothing else") {
  SmallWorld world({3});
  SetPrices(world);
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(1), now.monotonic + kUs);
    out.Send(NodeId(1), Numbered(1, 100));
    out.Spend(Work::kLog, 1);
    out.Send(NodeId(1), Numbered(2, 100));
  };
  // The next call is not delayed, nor what it sends.
  world.host(0).on_timer = [](const Now&, TimerId, Effects& out) {
    out.Send(NodeId(2), Numbered(3, 100));
  };
  world.Run(Duration::Seconds(1));
  REQUIRE(world.arrivals().size() == 3);
  CHECK(world.arrivals()[0].at == At(ArrivalOf(Duration(), 100)));
  CHECK(world.arrivals()[1].at == At(ArrivalOf(kUs, 100)));
  CHECK(world.arrivals()[2].at == At(ArrivalOf(kUs * 10, 100)));
  CHECK(world.NumbersAt(1) == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("host: an effect waits for all work before it, which goes on side by side") {
  SmallWorld world({2});
  SetPrices(world);
  PriceOf(world, Work::kHash) = {sim::Profile::kSendStage, Distribution(kUs * 3),
                                 Duration::Picoseconds(100)};
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Spend(Work::kHash, 2, ByteCount(10'000));  // 2 * 3 us + 10 000 * 100 ps = 7 us
    out.Send(NodeId(1), Numbered(1, 100));
    out.Spend(Work::kLog, 2);   // 20 us on another stage: until 20 us
    out.Spend(Work::kHash, 1);  // on the first again: until 10 us, but 20 us come first
    out.Send(NodeId(1), Numbered(2, 100));
  };
  world.Run(Duration::Seconds(1));
  REQUIRE(world.arrivals().size() == 2);
  CHECK(world.arrivals()[0].at == At(ArrivalOf(kUs * 7, 100)));
  CHECK(world.arrivals()[1].at == At(ArrivalOf(kUs * 20, 100)));
}

TEST_CASE("host: work on the protocol's stage delays the next call") {
  SmallWorld world({2});
  SetPrices(world);
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.Spend(Work::kAnalyse, 1);
    out.SetTimer(TimerId(1), now.monotonic);
    out.SetTimer(TimerId(2), now.monotonic);
    out.SetTimer(TimerId(3), now.monotonic + kUs * 35);
  };
  world.host(0).on_timer = [](const Now&, TimerId, Effects& out) { out.Spend(Work::kAnalyse, 1); };
  world.Run(Duration::Seconds(1));
  // Set after 10 us of work; then each call waits for the one before, the last is on time.
  CHECK(TimesOf(world.Of(EventKind::kTimer, 0)) ==
        std::vector<Instant>{At(kUs * 10), At(kUs * 20), At(kUs * 35)});
}

TEST_CASE("host: a call has a price of its own, before all its effects") {
  SmallWorld world({2});
  world.scenario.profile.call.per_unit = Distribution(kUs * 2);
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Send(NodeId(1), Numbered(1, 100));
    out.Send(NodeId(1), Numbered(2, 100));
  };
  world.Run(Duration::Seconds(1));
  // Both leave after 2 us. The second call at the receiver waits for the first.
  const Duration first = ArrivalOf(kUs * 2, 100);
  CHECK(world.arrivals()[0].at == At(first));
  CHECK(world.arrivals()[1].at == At(first + kUs * 2));
}

TEST_CASE("host: receiving has a price, paid one message after the other") {
  SmallWorld world({2});
  world.scenario.profile.receive_message.per_unit = Distribution(kUs);
  world.scenario.profile.receive_message.per_byte = Duration::Nanoseconds(1);
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    for (std::uint64_t i = 0; i < 3; ++i) out.Send(NodeId(1), Numbered(i, 500));
  };
  world.Run(Duration::Seconds(1));
  // 1 us + 500 * 1 ns each. The second and third come together, soon after the first.
  const Duration price = Duration::Nanoseconds(1'500);
  const Duration first = ArrivalOf(Duration(), 500);
  CHECK(world.arrivals()[0].at == At(first + price));
  CHECK(world.arrivals()[1].at == At(first + price * 2));
  CHECK(world.arrivals()[2].at == At(first + price * 3));
}

TEST_CASE("host: sending has a price, paid in the order of sending") {
  SmallWorld world({3});
  world.scenario.profile.send_message.per_unit = Distribution(kUs * 4);
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Send(NodeId(1), Numbered(0, 100));
    out.Send(NodeId(2), Numbered(1, 100));
  };
  world.Run(Duration::Seconds(1));
  CHECK(world.arrivals()[0].at == At(ArrivalOf(kUs * 4, 100)));
  CHECK(world.arrivals()[1].at == At(ArrivalOf(kUs * 8, 100)));
}

TEST_CASE("host: declared work on the receive stage keeps messages waiting") {
  SmallWorld world({2});
  PriceOf(world, Work::kBookkeep) = {sim::Profile::kReceiveStage, Distribution(kUs * 100),
                                     Duration()};
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Send(NodeId(1), Numbered(0, 100));
  };
  world.host(1).on_start = [](const Now&, auto, Effects& out) { out.Spend(Work::kBookkeep, 2); };
  world.Run(Duration::Seconds(1));
  CHECK(world.arrivals()[0].at == At(kUs * 200));
}

TEST_CASE("host: effects are performed in the order in which they were listed") {
  SmallWorld world({2});
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(1), now.monotonic + kUs);
    out.CancelTimer(TimerId(1));
    out.CancelTimer(TimerId(2));
    out.SetTimer(TimerId(2), now.monotonic + kUs);
    for (std::uint64_t i = 0; i < 5; ++i) out.Send(NodeId(1), Numbered(i, 1'000 - 100 * i));
  };
  world.Run(Duration::Seconds(1));
  const auto fired = world.Of(EventKind::kTimer, 0);
  REQUIRE(fired.size() == 1);
  CHECK(fired[0].value == 2);
  CHECK(world.NumbersAt(1) == std::vector<std::uint64_t>{0, 1, 2, 3, 4});
}

TEST_CASE("host: effects of a call come before those of a call that they cause") {
  SmallWorld world({2});
  SetPrices(world);
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Spend(Work::kLog, 1);
    out.Send(NodeId(0), Numbered(0, 100));  // Arrives at once, but what is listed goes first.
    out.Send(NodeId(1), Numbered(1, 100));
  };
  world.host(0).on_message = [](const Now&, NodeId, const Bytes&, Effects& out) {
    out.Send(NodeId(1), Numbered(2, 100));
  };
  world.Run(Duration::Seconds(1));
  CHECK(world.NumbersAt(1) == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("host: a message to itself arrives at once, and its credit comes back") {
  SmallWorld world({2});
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Send(NodeId(0), Numbered(4, 1'000));
  };
  world.Run(Duration::Seconds(1));
  REQUIRE(world.arrivals().size() == 1);
  CHECK(world.arrivals()[0].at == Instant());
  CHECK(world.arrivals()[0].from == NodeId(0));
  const auto writable = world.Of(EventKind::kWritable, 0);
  REQUIRE(writable.size() == 1);
  CHECK(writable[0].size == ByteCount(1'000));
  CHECK(world.world().now() == At(Duration::Seconds(1)));
}

TEST_CASE("host: what is sent beyond the credit is dropped, counted and given back") {
  SmallWorld world({3});
  world.scenario.network.send_buffer = ByteCount(1'000);
  std::vector<std::int64_t> freed;
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.Send(NodeId(1), Numbered(0, 700));
    out.Send(NodeId(1), Numbered(1, 301));    // One byte too many, and spent all the same:
    out.Send(NodeId(1), Numbered(2, 300));    // so this is too much as well.
    out.Send(NodeId(2), Numbered(3, 1'000));  // Another peer, another credit.
    out.SetTimer(TimerId(0), now.monotonic + kUs * 100);
  };
  // All of it is back by then.
  world.host(0).on_timer = [](const Now&, TimerId, Effects& out) {
    out.Send(NodeId(1), Numbered(4, 1'000));
  };
  world.host(0).on_writable = [&](const Now&, NodeId, ByteCount size, Effects&) {
    freed.push_back(size.value());
  };
  world.Run(Duration::Seconds(1));
  CHECK(world.NumbersAt(1) == std::vector<std::uint64_t>{0, 4});
  CHECK(world.NumbersAt(2) == std::vector<std::uint64_t>{3});
  const auto drops = world.Of(EventKind::kDrop);
  REQUIRE(drops.size() == 2);
  CHECK(drops[0].size == ByteCount(301));
  CHECK(drops[1].size == ByteCount(300));
  for (const trace::Event& drop : drops) {
    CHECK(drop.detail == static_cast<std::uint64_t>(DropCause::kCredit));
  }
  CHECK(freed.size() == 5);
}

TEST_CASE("host: the credit that comes back can be spent again, each byte once") {
  SmallWorld world({2});
  constexpr std::int64_t kBuffer = 100'000;
  world.scenario.network.send_buffer = ByteCount(kBuffer);
  std::int64_t credit = kBuffer;
  std::uint64_t next = 0;
  const auto send_all = [&](Effects& out) {
    for (; next < 500; ++next) {
      const std::int64_t size = 1 + static_cast<std::int64_t>(next * 7'919 % 30'000);
      if (size > credit) return;
      credit -= size;
      out.Send(NodeId(1), Numbered(next, static_cast<std::uint64_t>(size)));
    }
  };
  world.host(0).on_start = [&](const Now&, auto, Effects& out) { send_all(out); };
  world.host(0).on_writable = [&](const Now&, NodeId, ByteCount freed, Effects& out) {
    credit += freed.value();
    send_all(out);
  };
  world.Run(Duration::Seconds(1));
  CHECK(world.NumbersAt(1).size() == 500);
  CHECK(world.Of(EventKind::kDrop).empty());
  CHECK(credit == kBuffer);
  world.Finish();
}

TEST_CASE("host: credit comes back when the card has put a message on the wire") {
  SmallWorld world({2});
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Send(NodeId(1), Numbered(0, 1'000));
  };
  world.Run(Duration::Seconds(1));
  CHECK(TimesOf(world.Of(EventKind::kWritable, 0)) == std::vector<Instant>{At(WireTime(1'000))});
}

TEST_CASE("host: what is lost at the sender gives its credit back at line rate") {
  for (const bool is_silent : {true, false}) {
    SmallWorld world({2});
    world.AddFault(is_silent ? sim::FaultKind::kSilent : sim::FaultKind::kDrop,
                   is_silent ? std::vector<std::uint32_t>{0} : std::vector<std::uint32_t>{});
    world.host(0).on_start = [](const Now&, auto, Effects& out) {
      out.Send(NodeId(1), Numbered(0, 1'000));
      out.Send(NodeId(1), Numbered(1, 500));
    };
    world.Run(Duration::Seconds(1));
    CHECK(world.arrivals().empty());
    const Duration byte = Duration::Picoseconds(800);
    CHECK(TimesOf(world.Of(EventKind::kWritable, 0)) ==
          std::vector<Instant>{At(byte * 1'000), At(byte * 1'500)});
  }
}

TEST_CASE("host: datagrams on hold wait for the resumption, in order") {
  SmallWorld world({2});
  world.intra().transport = sim::Transport::kDatagram;
  world.host(1).on_start = [](const Now& now, auto, Effects& out) {
    out.Hold(NodeId(0));
    out.Hold(NodeId(0));  // Twice is once.
    out.SetTimer(TimerId(0), now.monotonic + kUs * 500);
  };
  world.host(1).on_timer = [](const Now&, TimerId, Effects& out) {
    out.Resume(NodeId(0));
    out.Resume(NodeId(0));
  };
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    for (std::uint64_t i = 0; i < 9; ++i) out.Send(NodeId(1), Numbered(i, 100));
  };
  world.Run(Duration::Seconds(1));
  CHECK(world.NumbersAt(1) == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8});
  for (const Arrival& arrival : world.arrivals()) CHECK(arrival.at == At(kUs * 500));
}

TEST_CASE("host: notes are said when they are listed, whatever work is before them") {
  SmallWorld world({2});
  SetPrices(world);
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Spend(Work::kLog, 1);
    out.Note({core::NoteKind::kDelivered, NodeId(1), core::StreamId(1), {4, 2, 3}, 5, 6});
  };
  world.Run(Duration::Seconds(1));
  const auto notes = world.Of(EventKind::kNote);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].at == Instant());
  CHECK(notes[0].note == core::NoteKind::kDelivered);
  CHECK(notes[0].run() == core::Run{4, 2, 3});
  CHECK(notes[0].detail == 5);
  CHECK(notes[0].digest == 6);
}

}  // namespace lockstep::tests
