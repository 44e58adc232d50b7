// A host: stages and prices, effects in order, credit.

#include "sim/host/host.h"

#include <algorithm>
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

constexpr std::size_t kDiskStage = 3;  // of LabScenario
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

TEST_CASE("host: a clock is read when a call asks for it, and the trace says which and what") {
  SmallWorld world({1});
  Instant twice;
  world.host(0).on_start = [&](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(1), now.wall() + kUs, core::Clock::kWall);
    out.SetTimer(TimerId(2), now.monotonic() + kUs * 2);
    twice = now.monotonic();
  };
  world.host(0).on_timer = [](const Now& now, TimerId timer, Effects& out) {
    if (timer == TimerId(2)) out.SetTimer(TimerId(3), now.synced() + kUs, core::Clock::kSynced);
  };
  world.Run(Duration::Seconds(1));
  // In the order of the clocks, each once a call: two of the start, none of timers 1 and 3.
  const std::vector<trace::Event> reads = world.Of(EventKind::kRead, 0);
  REQUIRE(reads.size() == 3);
  CHECK(reads[0].detail == static_cast<std::uint64_t>(core::Clock::kMonotonic));
  CHECK(reads[0].value == static_cast<std::uint64_t>(twice.ps()));
  CHECK(reads[1].detail == static_cast<std::uint64_t>(core::Clock::kWall));
  CHECK(reads[2].detail == static_cast<std::uint64_t>(core::Clock::kSynced));
  CHECK(reads[2].value == static_cast<std::uint64_t>((kUs * 2).ps()));
  CHECK(reads[2].at == At(kUs * 2));
}

TEST_CASE("host: work on another stage delays what is listed after it, and nothing else") {
  SmallWorld world({3});
  SetPrices(world);
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(1), now.monotonic() + kUs);
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
    out.SetTimer(TimerId(1), now.monotonic());
    out.SetTimer(TimerId(2), now.monotonic());
    out.SetTimer(TimerId(3), now.monotonic() + kUs * 35);
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
    out.SetTimer(TimerId(1), now.monotonic() + kUs);
    out.CancelTimer(TimerId(1));
    out.CancelTimer(TimerId(2));
    out.SetTimer(TimerId(2), now.monotonic() + kUs);
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

TEST_CASE("host: a message to itself arrives at once, and takes no credit") {
  SmallWorld world({2});
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Send(NodeId(0), Numbered(4, 1'000));
  };
  world.Run(Duration::Seconds(1));
  REQUIRE(world.arrivals().size() == 1);
  CHECK(world.arrivals()[0].at == Instant());
  CHECK(world.arrivals()[0].from == NodeId(0));
  CHECK(world.CreditLeft(0, 0) == core::Credit::kUnlimited);
  CHECK(world.world().now() == At(Duration::Seconds(1)));
}

TEST_CASE("host: what is sent beyond the credit is dropped, counted and given back") {
  SmallWorld world({3});
  world.scenario.network.send_buffer = ByteCount(1'000);
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    CHECK(out.CreditLeft(NodeId(1)) == 1'000);
    out.Send(NodeId(1), Numbered(0, 700));
    CHECK(out.CreditLeft(NodeId(1)) == 300);
    out.Send(NodeId(1), Numbered(1, 301));  // One byte too many, and spent all the same:
    CHECK(out.CreditLeft(NodeId(1)) == -1);
    out.Send(NodeId(1), Numbered(2, 300));    // so this is too much as well.
    out.Send(NodeId(2), Numbered(3, 1'000));  // Another peer, another credit.
    out.SetTimer(TimerId(0), now.monotonic() + kUs * 100);
  };
  // All of it is back by then.
  world.host(0).on_timer = [](const Now&, TimerId, Effects& out) {
    out.Send(NodeId(1), Numbered(4, 1'000));
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
  for (const std::uint32_t to : {1U, 2U}) CHECK(world.CreditLeft(0, to) == 1'000);
  CHECK(world.Of(EventKind::kWritable).empty());  // Nobody has asked.
}

TEST_CASE("host: what is sent to a host that does not exist is dropped and counted") {
  for (const auto transport : {sim::Transport::kStream, sim::Transport::kDatagram}) {
    SmallWorld world({2});
    world.intra().transport = transport;
    world.host(0).on_start = [](const Now&, auto, Effects& out) {
      CHECK(out.CreditLeft(NodeId(2)) == core::Credit::kUnlimited);
      out.Send(NodeId(2), Numbered(0, 100));
      out.Send(NodeId(~std::uint32_t{0}), Numbered(1, 50));
      out.AwaitWritable(NodeId(2), ByteCount(1));
      out.Hold(NodeId(2));
      out.Send(NodeId(1), Numbered(2, 10));
    };
    world.Run(Duration::Seconds(1));
    CHECK(world.NumbersAt(1) == std::vector<std::uint64_t>{2});
    const auto drops = world.Of(EventKind::kDrop);
    REQUIRE(drops.size() == 2);
    for (const trace::Event& drop : drops) {
      CHECK(drop.detail == static_cast<std::uint64_t>(DropCause::kNoHost));
    }
    CHECK(drops[0].size == ByteCount(100));
    world.Finish();
  }
}

TEST_CASE("host: the credit that comes back can be spent again, each byte once") {
  SmallWorld world({2});
  constexpr std::int64_t kBuffer = 100'000;
  world.scenario.network.send_buffer = ByteCount(kBuffer);
  std::uint64_t next = 0;
  const auto send_all = [&](Effects& out) {
    for (; next < 500; ++next) {
      const std::int64_t size = 1 + static_cast<std::int64_t>(next * 7'919 % 30'000);
      if (size > out.CreditLeft(NodeId(1))) {
        out.AwaitWritable(NodeId(1), ByteCount(size));
        return;
      }
      out.Send(NodeId(1), Numbered(next, static_cast<std::uint64_t>(size)));
    }
  };
  world.host(0).on_start = [&](const Now&, auto, Effects& out) { send_all(out); };
  world.host(0).on_writable = [&](const Now&, NodeId, Effects& out) { send_all(out); };
  world.Run(Duration::Seconds(1));
  CHECK(world.NumbersAt(1).size() == 500);
  CHECK(world.Of(EventKind::kDrop).empty());
  CHECK(world.CreditLeft(0, 1) == kBuffer);
  world.Finish();
}

// When the host hears that its whole send buffer is free again.
std::vector<Instant> TimesAllIsBack(SmallWorld& world, const std::vector<std::uint64_t>& sizes) {
  world.host(0).on_start = [=](const Now&, auto, Effects& out) {
    const ByteCount all(out.CreditLeft(NodeId(1)));
    for (const std::uint64_t size : sizes) out.Send(NodeId(1), Numbered(0, size));
    out.AwaitWritable(NodeId(1), all);
  };
  world.Run(Duration::Seconds(1));
  return TimesOf(world.Of(EventKind::kWritable, 0));
}

TEST_CASE("host: credit comes back when the card has put a message on the wire") {
  SmallWorld world({2});
  CHECK(TimesAllIsBack(world, {1'000}) == std::vector<Instant>{At(WireTime(1'000))});
}

TEST_CASE("host: what is lost at the sender gives its credit back at line rate") {
  for (const bool is_silent : {true, false}) {
    SmallWorld world({2});
    world.AddFault(is_silent ? "silent" : "drop",
                   is_silent ? std::vector<std::uint32_t>{0} : std::vector<std::uint32_t>{});
    const Duration byte = Duration::Picoseconds(800);
    CHECK(TimesAllIsBack(world, {1'000, 500}) == std::vector<Instant>{At(byte * 1'500)});
    CHECK(world.arrivals().empty());
  }
}

TEST_CASE("host: datagrams on hold wait for the resumption, in order") {
  SmallWorld world({2});
  world.intra().transport = sim::Transport::kDatagram;
  world.host(1).on_start = [](const Now& now, auto, Effects& out) {
    out.Hold(NodeId(0));
    out.Hold(NodeId(0));  // Twice is once.
    out.SetTimer(TimerId(0), now.monotonic() + kUs * 500);
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

TEST_CASE("host: a message is handed to the protocol's core, a timer is not") {
  SmallWorld world({2});
  world.scenario.profile.stages[sim::Profile::kProtocolStage].hand_off = Distribution(kUs * 2);
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Send(NodeId(1), Numbered(0, 100));
    out.Send(NodeId(1), Numbered(1, 100));
  };
  world.host(1).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(0), now.monotonic() + ArrivalOf(Duration(), 100));
  };
  world.Run(Duration::Seconds(1));
  const Duration first = ArrivalOf(Duration(), 100);
  CHECK(TimesOf(world.Of(EventKind::kTimer, 1)) == std::vector<Instant>{At(first)});
  REQUIRE(world.arrivals().size() == 2);
  CHECK(world.arrivals()[0].at == At(first + kUs * 2));
  CHECK(world.arrivals()[1].at > At(first + kUs * 2));
  CHECK(world.arrivals()[1].at < At(first + kUs * 3));  // Hand-offs overlap.
}

TEST_CASE("host: a send is handed to its core, and what comes back is not kept by it") {
  SmallWorld world({2});
  world.scenario.profile.stages[sim::Profile::kSendStage].hand_off = Distribution(kUs * 2);
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Send(NodeId(1), Numbered(0, 100));
  };
  world.Run(Duration::Seconds(1));
  CHECK(world.arrivals().at(0).at == At(ArrivalOf(kUs * 2, 100)));
}

TEST_CASE("host: a full log stalls the protocol, which stalls receiving") {
  constexpr std::size_t kMessages = 12;
  const Duration receive = kUs * 2;
  const Duration call = kUs;
  const Duration log = kUs * 10;
  for (const std::uint32_t log_queue : {1U, 2U, 3U}) {
    for (const std::uint32_t protocol_queue : {1U, 2U, 4U}) {
      CAPTURE(log_queue);
      CAPTURE(protocol_queue);
      SmallWorld world({2});
      sim::Profile& profile = world.scenario.profile;
      profile.receive_message.per_unit = Distribution(receive);
      PriceOf(world, Work::kVote) = {sim::Profile::kProtocolStage, Distribution(call), Duration()};
      PriceOf(world, Work::kLog) = {kDiskStage, Distribution(log), Duration()};
      profile.stages[kDiskStage].queue = log_queue;
      profile.stages[sim::Profile::kProtocolStage].queue = protocol_queue;
      world.host(0).on_start = [](const Now&, auto, Effects& out) {
        for (std::uint64_t i = 0; i < kMessages; ++i) out.Send(NodeId(1), Numbered(i, 100));
      };
      world.host(1).on_message = [](const Now&, NodeId, const Bytes&, Effects& out) {
        out.Spend(Work::kVote, 1);
        out.Spend(Work::kLog, 1);
      };
      world.Run(Duration::Seconds(1));
      REQUIRE(world.arrivals().size() == kMessages);
      // Message i is received from r[i] on, called from c[i] to f[i], logged at l[i]: f[i] is put
      // off until fewer than log_queue are in the log, r[i] until fewer than protocol_queue are
      // between their reception and their f. What comes later than the first is there in time.
      std::vector<Instant> r, c, f, l;
      for (std::size_t i = 0; i < kMessages; ++i) {
        r.push_back(At(ArrivalOf(Duration(), 100)));
        if (i > 0) r[i] = std::max(r[i], r[i - 1] + receive);
        if (i >= protocol_queue) r[i] = std::max(r[i], f[i - protocol_queue]);
        c.push_back(r[i] + receive);
        if (i > 0) c[i] = std::max(c[i], f[i - 1]);
        l.push_back((i > 0 ? std::max(c[i], l[i - 1]) : c[i]) + log);
        f.push_back(c[i] + call);
        if (i + 1 >= log_queue) f[i] = std::max(f[i], l[i + 1 - log_queue]);
        CHECK(world.arrivals()[i].at == c[i]);
      }
      // In the end the log sets the pace; with no overlap, receiving comes on top.
      const bool is_in_turns = log_queue == 1 && protocol_queue == 1;
      CHECK(c[kMessages - 1] - c[kMessages - 2] == (is_in_turns ? log + receive : log));
    }
  }
}

TEST_CASE("host: a bounded protocol stage passes on what costs nothing") {
  SmallWorld world({2});
  world.scenario.profile.stages[sim::Profile::kProtocolStage].queue = 1;
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    for (std::uint64_t i = 0; i < 5'000; ++i) out.Send(NodeId(0), Numbered(i, 10));
  };
  world.Run(Duration::Seconds(1));
  CHECK(world.NumbersAt(0).size() == 5'000);
}

TEST_CASE("host: in a pause nothing is finished and nothing begins, but clocks run") {
  SmallWorld world({2});
  SetPrices(world);
  world.scenario.profile.send_message.per_unit = Distribution(kUs * 2);
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(1), now.monotonic() + kUs * 50);
    out.Spend(Work::kLog, 1);  // Until 10 us, were it not for the pause from 4 to 104 us.
    out.Send(NodeId(1), Numbered(0, 100));
  };
  world.host(0).on_timer = [](const Now& now, TimerId timer, Effects& out) {
    if (timer == TimerId(1)) out.SetTimer(TimerId(2), now.monotonic() + kUs);
  };
  world.Run(kUs * 4);
  sim::Host& host = world.world().host(NodeId(0));
  host.Pause(At(kUs * 4), At(kUs * 54));
  world.Run(kUs * 20);
  host.Pause(At(kUs * 20), At(kUs * 104));  // Longer.
  host.Pause(At(kUs * 20), At(kUs * 30));   // No longer than it is already.
  world.Run(Duration::Seconds(1));
  CHECK(TimesOf(world.Of(EventKind::kTimer, 0)) ==
        std::vector<Instant>{At(kUs * 104), At(kUs * 105)});
  CHECK(world.arrivals().at(0).at == At(ArrivalOf(kUs * 112, 100)));
}

TEST_CASE("host: a core that the system stops is told then, and explains when its work is done") {
  SmallWorld world({1});
  SetPrices(world);
  sim::Profile& profile = world.scenario.profile;
  const Duration lasts = kUs * 7;
  profile.noise = {5'000, Distribution(lasts)};
  const std::uint64_t core = profile.stages[sim::Profile::kProtocolStage].core;
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(1), now.monotonic() + kUs * 100);
  };
  world.host(0).on_timer = [](const Now& now, TimerId timer, Effects& out) {
    out.SetTimer(timer, now.monotonic() + kUs * 100);
    out.Spend(Work::kAnalyse, 5);  // 50 us
    out.Hold(NodeId(0));           // Performed when that is done.
  };
  world.Run(Duration::Milliseconds(50));
  std::vector<Instant> stalls;
  for (const trace::Event& stalled : world.Of(EventKind::kStalled, 0)) {
    CHECK(stalled.detail == static_cast<std::uint64_t>(lasts.ps()));
    if (stalled.value == core) stalls.push_back(stalled.at);
  }
  CHECK(stalls.size() > 200);
  CHECK(stalls.size() < 300);
  const std::vector<Instant> begun = TimesOf(world.Of(EventKind::kTimer, 0));
  const std::vector<Instant> done = TimesOf(world.Of(EventKind::kHold, 0));
  REQUIRE(done.size() > 300);
  std::size_t late = 0;
  for (std::size_t i = 0; i < done.size(); ++i) {
    // Handed over while nothing stands in the way, so it is late by the stalls that it met.
    Instant expected = begun[i] + kUs * 50;
    for (const Instant stall : stalls)
      if (stall > begun[i] && stall < expected) expected = expected + lasts;
    CHECK(done[i] == expected);
    if (expected > begun[i] + kUs * 50) ++late;
  }
  CHECK(late > 50);
}

TEST_CASE("host: a pause is told of each core, and puts off what the system does to it") {
  SmallWorld world({1});
  world.scenario.profile.noise = {1'000, Distribution(kUs * 7)};
  world.Run(kUs * 20);
  world.world().host(NodeId(0)).Pause(At(kUs * 20), At(Duration::Milliseconds(9)));
  world.Run(Duration::Milliseconds(20));
  std::size_t pauses = 0;
  for (const trace::Event& stalled : world.Of(EventKind::kStalled, 0)) {
    if (stalled.at == At(kUs * 20)) {
      ++pauses;
      CHECK(stalled.detail == static_cast<std::uint64_t>((kUs * 8'980).ps()));
    } else {
      CHECK((stalled.at < At(kUs * 20) || stalled.at > At(Duration::Milliseconds(9))));
    }
  }
  CHECK(pauses == world.scenario.profile.cores.size());
  CHECK(world.Of(EventKind::kStalled, 0).size() > pauses);
}

TEST_CASE("host: messages wait for the end of a pause") {
  SmallWorld world({2});
  world.scenario.profile.receive_message.per_unit = Distribution(kUs);
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    for (std::uint64_t i = 0; i < 3; ++i) out.Send(NodeId(1), Numbered(i, 100));
  };
  const Duration first = ArrivalOf(Duration(), 100);
  world.Run(first);  // The first is being received.
  world.world().host(NodeId(1)).Pause(At(first), At(first + kUs * 100));
  world.Run(Duration::Seconds(1));
  REQUIRE(world.arrivals().size() == 3);
  for (int i = 0; i < 3; ++i)
    CHECK(world.arrivals()[static_cast<std::size_t>(i)].at == At(first + kUs * (101 + i)));
}

TEST_CASE("host: a slow CPU pays more for what it begins") {
  SmallWorld world({2});
  SetPrices(world);
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.SetTimer(TimerId(0), now.monotonic() + kUs * 20);
  };
  world.host(0).on_timer = [](const Now&, TimerId, Effects& out) {
    out.Spend(Work::kLog, 1);
    out.Send(NodeId(1), Numbered(0, 100));
  };
  world.Run(kUs);
  world.world().host(NodeId(0)).SetSpeed(At(kUs), 3, 1);
  world.Run(Duration::Seconds(1));
  CHECK(world.arrivals().at(0).at == At(ArrivalOf(kUs * 50, 100)));
  CHECK(world.world().host(NodeId(0)).busy(kDiskStage) == kUs * 30);
}

}  // namespace lockstep::tests
