// Streams: whole messages, in order, exactly once, at the time that sizes, rates and delays give.

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "protocols/core/random.h"
#include "sim/net/framing.h"
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
using trace::EventKind;

constexpr std::uint64_t kSegment = 64 << 10;
const Duration kDelay = Duration::Microseconds(25);

// Sends once, when the run begins.
void SendAtStart(SmallWorld& world, std::uint32_t from, std::uint32_t to,
                 std::vector<core::Bytes> messages) {
  world.host(from).on_start = [to, messages = std::move(messages)](const Now&, auto, Effects& out) {
    for (const core::Bytes& message : messages) out.Send(NodeId(to), message);
  };
}

std::vector<std::uint64_t> FirstNumbers(std::uint64_t count) {
  std::vector<std::uint64_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

// Bytes that a host was handed after `since`.
double BytesSince(const SmallWorld& world, std::uint32_t host, Duration since) {
  double sum = 0;
  for (const Arrival& arrival : world.arrivals()) {
    if (arrival.to == NodeId(host) && arrival.at > At(since)) {
      sum += static_cast<double>(arrival.payload.size());
    }
  }
  return sum;
}

}  // namespace

TEST_CASE("stream: a message of one segment takes its time on both cards and the delay") {
  for (const std::uint64_t size : {1ULL, 1'450ULL, 1'451ULL, 40'000ULL, 65'536ULL}) {
    CAPTURE(size);
    SmallWorld world({2});
    SendAtStart(world, 0, 1, {Numbered(0, size)});
    world.Run(Duration::Seconds(1));
    REQUIRE(world.arrivals().size() == 1);
    CHECK(world.arrivals()[0].at == At(WireTime(size) + kDelay + WireTime(size)));
    CHECK(world.arrivals()[0].payload == Numbered(0, size));
    world.Finish();
  }
}

TEST_CASE("stream: a megabyte takes its segments on one card, the delay, and the last two's tail") {
  constexpr std::uint64_t kSize = 1'000'000;
  constexpr std::uint64_t kFull = kSize / kSegment;          // 15 full segments
  constexpr std::uint64_t kRest = kSize - kFull * kSegment;  // and 16 960 bytes
  SmallWorld world({2});
  world.intra().congestion = sim::Congestion::kNone;
  SendAtStart(world, 0, 1, {Numbered(0, kSize)});
  world.Run(Duration::Seconds(1));
  REQUIRE(world.arrivals().size() == 1);
  // Sending: the full segments one after the other. The receiving card begins the last full one
  // when it has come whole, and is still busy with it when the rest comes.
  const Duration sending = WireTime(kSegment) * static_cast<std::int64_t>(kFull);
  const Duration receiving = WireTime(kSegment) + WireTime(kRest);
  CHECK(world.arrivals()[0].at == At(sending + kDelay + receiving));
  world.Finish();
}

TEST_CASE("stream: small messages share a segment, and each is handed over by itself") {
  SmallWorld world({2});
  std::vector<core::Bytes> messages;
  for (std::uint64_t i = 0; i < 100; ++i) messages.push_back(Numbered(i, 10));
  SendAtStart(world, 0, 1, messages);
  world.Run(Duration::Seconds(1));
  CHECK(world.NumbersAt(1) == FirstNumbers(100));
  // The first goes at once, alone; the others wait for it and go together.
  CHECK(world.arrivals()[0].at == At(WireTime(10) + kDelay + WireTime(10)));
  const Instant rest = At(WireTime(10) + WireTime(990) + kDelay + WireTime(990));
  for (std::size_t i = 1; i < 100; ++i) CHECK(world.arrivals()[i].at == rest);
}

TEST_CASE("stream: an empty message arrives too, alone, in a crowd or behind one in flight") {
  SmallWorld world({2});
  world.host(0).on_start = [](const Now& now, auto, Effects& out) {
    out.Send(NodeId(1), core::Bytes());
    out.SetTimer(core::TimerId(0), now.monotonic() + Duration::Milliseconds(1));
    // When the message that the first timer sends has left, and is on its way.
    out.SetTimer(core::TimerId(1), now.monotonic() + Duration::Milliseconds(1) + kDelay);
    out.SetTimer(core::TimerId(2), now.monotonic() + Duration::Milliseconds(2));
  };
  world.host(0).on_timer = [](const Now&, core::TimerId timer, Effects& out) {
    if (timer.value() == 0) out.Send(NodeId(1), Numbered(0, 100));
    if (timer.value() == 1) out.Send(NodeId(1), core::Bytes());
    if (timer.value() == 2) {
      for (const std::uint64_t size : {0U, 100U, 0U, 0U}) out.Send(NodeId(1), Numbered(0, size));
    }
  };
  world.Run(Duration::Seconds(1));
  std::vector<std::uint64_t> sizes;
  for (const Arrival& arrival : world.arrivals()) sizes.push_back(arrival.payload.size());
  REQUIRE(sizes == std::vector<std::uint64_t>{0, 100, 0, 0, 100, 0, 0});
  CHECK(world.arrivals()[0].at < At(Duration::Milliseconds(1)));
  CHECK(world.arrivals()[2].at < At(Duration::Milliseconds(2)));
  CHECK(world.CreditLeft(0, 1) == world.scenario.network.send_buffer.value());
}

TEST_CASE("stream: the window limits throughput to a window each round trip") {
  SmallWorld world({2});
  world.intra().delay = Duration::Milliseconds(50);
  world.intra().window = ByteCount(1 << 20);
  KeepSending(world, 0, {1}, kSegment, 64);
  world.Run(Duration::Seconds(11));
  // window / (2 * delay) = 1 MiB / 100 ms, for 10 s
  const double expected = (1 << 20) / 0.1 * 10;
  CHECK(BytesSince(world, 1, Duration::Seconds(1)) == doctest::Approx(expected).epsilon(0.01));
}

TEST_CASE("stream: a window that is hardly a segment never locks up") {
  SmallWorld world({2});
  world.intra().window = world.intra().segment;
  // 10 kB are too little to be told of at a quarter of the window, but then a segment finds no
  // room.
  SendAtStart(world, 0, 1, {Numbered(0, 10'000), Numbered(1, kSegment), Numbered(2, kSegment)});
  world.Run(Duration::Seconds(1));
  CHECK(world.NumbersAt(1) == FirstNumbers(3));
}

TEST_CASE("stream: the pair rate paces the payload of one pair, not of another") {
  SmallWorld world({3});
  world.intra().pair_rate_bps = 1'000'000'000;
  KeepSending(world, 0, {1, 2}, 30'000, 64);
  world.Run(Duration::Milliseconds(1'100));
  const double expected = 1e9 / 8;  // in 1 s
  CHECK(BytesSince(world, 1, Duration::Milliseconds(100)) ==
        doctest::Approx(expected).epsilon(0.01));
  CHECK(BytesSince(world, 2, Duration::Milliseconds(100)) ==
        doctest::Approx(expected).epsilon(0.01));
}

TEST_CASE("stream: two share a card evenly, and leave nothing of it unused") {
  SmallWorld world({3});
  KeepSending(world, 0, {1, 2}, 3 * kSegment, 20);
  world.Run(Duration::Milliseconds(200));
  const double first = BytesSince(world, 1, Duration::Milliseconds(100));
  const double second = BytesSince(world, 2, Duration::Milliseconds(100));
  CHECK(first == doctest::Approx(second).epsilon(0.01));
  // Payload at line rate: a segment in each WireTime of a segment, for 100 ms.
  const double segments = 1e11 / static_cast<double>(WireTime(kSegment).ps());
  CHECK(first + second == doctest::Approx(segments * kSegment).epsilon(0.01));
}

TEST_CASE("stream: what is lost is resent, and everything arrives once and in order") {
  SmallWorld world({2});
  world.intra().loss = {1, 5};
  world.intra().jitter = Duration::Microseconds(200);
  world.intra().window = ByteCount(1 << 20);
  core::Random random(5);
  std::vector<core::Bytes> messages;
  std::uint64_t bytes = 0;
  for (std::uint64_t i = 0; i < 150; ++i) {
    messages.push_back(Numbered(i, random.Below(100'000) + 1));
    bytes += messages.back().size();
  }
  REQUIRE(bytes < 8 << 20);  // All within the credit.
  SendAtStart(world, 0, 1, messages);
  world.Run(Duration::Seconds(5));
  CHECK(world.NumbersAt(1) == FirstNumbers(150));
  for (std::size_t i = 0; i < 150; ++i) CHECK(world.arrivals()[i].payload == messages[i]);
  // Segments lost: about a fifth of 1.25 times the segments; at least some.
  const auto drops = world.Of(EventKind::kDrop);
  CHECK(drops.size() > bytes / kSegment / 8);
  for (const trace::Event& drop : drops) {
    CHECK(drop.detail == static_cast<std::uint64_t>(trace::DropCause::kLoss));
    // Segments, or acknowledgements on their way back.
    const bool is_ack = drop.size == sim::kControlBytes;
    CHECK(drop.node == NodeId(is_ack ? 1 : 0));
    CHECK(drop.peer == NodeId(is_ack ? 0 : 1));
  }
  CHECK(world.Of(core::Fact::kCarries, trace::Phase::kDestroyed).empty());  // No message was lost.
  CHECK(world.CreditLeft(0, 1) == world.scenario.network.send_buffer.value());
  world.Finish();
}

TEST_CASE("stream: a segment that nothing follows is resent when the timeout ends, which doubles") {
  SmallWorld world({2});
  world.intra().loss = {1, 2};
  SendAtStart(world, 0, 1, {Numbered(0, 1'000)});
  world.Run(Duration::Seconds(1));
  REQUIRE(world.arrivals().size() == 1);
  const std::vector<trace::Event> drops = world.Of(EventKind::kDrop, 0);
  // Not of what is sent again because an acknowledgement was lost.
  const auto losses = std::count_if(drops.begin(), drops.end(), [&](const trace::Event& drop) {
    return drop.at < world.arrivals()[0].at;
  });
  // Nothing is heard of it, so a loss is found by the timeout: `retransmit_after` (1 ms, which is
  // more than three round trips of 50 us), and twice as much each time (RFC 6298, 5.5).
  const Duration waiting = Duration::Milliseconds((std::int64_t{1} << losses) - 1);
  const Duration way = WireTime(1'000) + kDelay + WireTime(1'000);
  CHECK(world.arrivals()[0].at == At(waiting + way));
}

TEST_CASE("stream: a full card loses a segment, which is resent") {
  SmallWorld world({5});
  world.scenario.profile.fabric.port_queue = WireSize(kSegment) + ByteCount(100);
  for (std::uint32_t from = 1; from < 5; ++from) {
    SendAtStart(world, from, 0, {Numbered(from, kSegment)});
  }
  world.Run(Duration::Seconds(1));
  auto numbers = world.NumbersAt(0);
  std::sort(numbers.begin(), numbers.end());
  CHECK(numbers == std::vector<std::uint64_t>{1, 2, 3, 4});
  // All four come at once, and one fits: three are lost, then two, then one.
  const auto drops = world.Of(EventKind::kDrop);
  CHECK(drops.size() == 3 + 2 + 1);
  for (const trace::Event& drop : drops) {
    CHECK(drop.detail == static_cast<std::uint64_t>(trace::DropCause::kQueue));
    CHECK(drop.size == WireSize(kSegment));
  }
  world.Finish();
}

TEST_CASE("stream: a receiver on hold stops its sender at the window, and nobody else") {
  SmallWorld world({3});
  world.intra().window = ByteCount(1 << 20);
  constexpr std::uint64_t kSize = 100'000;
  KeepSending(world, 0, {1}, kSize, 40);
  SendAtStart(world, 2, 1, {Numbered(7, 500)});
  world.host(1).on_start = [](const Now& now, auto, Effects& out) {
    out.Hold(NodeId(0));
    out.SetTimer(core::TimerId(1), now.monotonic() + Duration::Milliseconds(50));
  };
  world.host(1).on_timer = [](const Now&, core::TimerId, Effects& out) { out.Resume(NodeId(0)); };
  world.Run(Duration::Milliseconds(49));
  CHECK(world.NumbersAt(1) == std::vector<std::uint64_t>{7});
  // The window of 1 048 576 bytes holds ten messages whole. What came of the eleventh was gathered,
  // so that the rest of it fits, too; it is whole then, waits, and leaves no room for the twelfth.
  CHECK(world.Of(EventKind::kWritable, 0).size() == 11);  // Each taken lets one more follow.
  world.Run(Duration::Milliseconds(100));
  auto numbers = world.NumbersAt(1);
  REQUIRE(numbers.size() > 100);
  numbers.erase(numbers.begin());
  CHECK(numbers == FirstNumbers(numbers.size()));
  CHECK(world.arrivals()[1].at == At(Duration::Milliseconds(50)));
  world.Finish();
}

TEST_CASE("stream: one that is quiet costs at most 300 bytes, its place in the table included") {
  constexpr std::uint32_t kHosts = 30;
  SmallWorld world({kHosts});
  world.is_recorded = false;  // To tell the life of its messages it has to keep more.
  for (std::uint32_t from = 0; from < kHosts; ++from) {
    world.host(from).on_start = [=](const Now&, auto, Effects& out) {
      for (std::uint32_t to = 0; to < kHosts; ++to)
        if (to != from) out.Send(NodeId(to), Numbered(from, 10'000));
    };
  }
  world.Run(Duration::Seconds(1));
  CHECK(world.arrivals().size() == kHosts * (kHosts - 1));
  const sim::Streams& streams = world.world().network().streams();
  CHECK(streams.size() == kHosts * (kHosts - 1));
  CHECK(streams.bytes_reserved() <= streams.size() * 300);
}

}  // namespace lockstep::tests
