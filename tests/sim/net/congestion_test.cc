// What streams make of a network: the bounds that they reach, and the law of their congestion
// control. How they share a port, and incast, are experiments: tests/tools/validate.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::ByteCount;
using core::Duration;
using core::Effects;
using core::NodeId;
using core::Now;

constexpr std::uint64_t kMtu = 1'450;

// Keeps the send buffer towards `to` full with messages of `size` bytes.
void Flood(SmallWorld& world, std::uint32_t from, std::uint32_t to, std::uint64_t size) {
  const std::uint64_t pending =
      static_cast<std::uint64_t>(world.scenario.network.send_buffer.value()) / size;
  KeepSending(world, from, {to}, size, pending);
}

// Payload bytes a second that `to` was handed by `from` between two times.
double Goodput(const SmallWorld& world, std::uint32_t from, std::uint32_t to, Duration since,
               Duration until) {
  double bytes = 0;
  for (const Arrival& arrival : world.arrivals()) {
    if (arrival.from != NodeId(from) || arrival.to != NodeId(to)) continue;
    if (arrival.at <= At(since) || arrival.at > At(until)) continue;
    bytes += static_cast<double>(arrival.payload.size());
  }
  return bytes / (static_cast<double>((until - since).ps()) * 1e-12);
}

double GoodputUnderLoss(std::uint64_t one_in, Duration delay, Duration lasts) {
  SmallWorld world({2});
  world.intra().segmentation = sim::Segmentation::kMtu;
  world.intra().delay = delay;
  world.intra().loss = {1, one_in};
  world.intra().window = ByteCount(64 << 20);
  Flood(world, 0, 1, 64 << 10);
  const Duration warmup = Duration::Seconds(5);
  world.Run(warmup + lasts);
  return Goodput(world, 0, 1, warmup, warmup + lasts);
}

}  // namespace

// Mathis, Semke, Mahdavi, Ott, "The macroscopic behavior of the TCP congestion avoidance algorithm"
// (CCR 1997), section 2: MSS / R * C / sqrt(p), with C = 1.31 where losses are independent and
// every segment is acknowledged. At one in a hundred and above timeouts take over, and the law
// ends.
TEST_CASE("reno: goodput under loss p and round trip R is 1.31 MSS / (R sqrt(p)), within a tenth") {
  for (const std::uint64_t one_in : {400U, 2'500U}) {
    for (const std::int64_t delay_ms : {5, 20}) {
      CAPTURE(one_in);
      CAPTURE(delay_ms);
      const double goodput = GoodputUnderLoss(one_in, Duration::Milliseconds(delay_ms),
                                              Duration::Seconds(60 * delay_ms));
      const double round_trip = 2e-3 * static_cast<double>(delay_ms);
      const double law =
          1.31 * static_cast<double>(kMtu) / round_trip * std::sqrt(static_cast<double>(one_in));
      CHECK(goodput == doctest::Approx(law).epsilon(0.1));
    }
  }
}

TEST_CASE("reno: slow start doubles the window each round trip, from ten segments on") {
  SmallWorld world({2});
  world.intra().segmentation = sim::Segmentation::kMtu;
  world.intra().delay = Duration::Milliseconds(50);
  world.intra().window = ByteCount(64 << 20);
  Flood(world, 0, 1, kMtu);
  world.Run(Duration::Milliseconds(549));
  // The flight of round trip i is 10 * 2^i segments; it has arrived 50 ms later.
  for (int i = 0; i < 5; ++i) {
    CAPTURE(i);
    const Duration begin = Duration::Milliseconds(100 * i + 40);
    const double bytes = Goodput(world, 0, 1, begin, begin + Duration::Milliseconds(60)) * 0.06;
    CHECK(bytes == doctest::Approx(static_cast<double>(10 * kMtu << i)));
  }
}

TEST_CASE("stream: goodput is the least of the card, the pair's cap and a window a round trip") {
  struct Case {
    std::int64_t pair_rate_bps;
    std::int64_t window;
    Duration delay;
    double expected;  // payload bytes a second
  };
  const double card = 1.25e9 * 1450 / 1500;
  const Case cases[] = {
      {0, 64 << 20, Duration::Microseconds(25), card},
      {1'000'000'000, 64 << 20, Duration::Microseconds(25), 125e6},
      {170'000'000, 8 << 20, Duration::Milliseconds(66), 170e6 / 8},
      // A segment of 64 KiB is on two wires of 10 Gbit/s beside the delays.
      {0, 4 << 20, Duration::Milliseconds(25), (4 << 20) / (0.05 + 2 * 68e3 * 0.8e-9)},
      {1'000'000'000, 1 << 20, Duration::Milliseconds(25), (1 << 20) / (0.05 + 2 * 68e3 * 0.8e-9)},
  };
  for (const Case& at : cases) {
    CAPTURE(at.expected);
    SmallWorld world({2});
    world.intra().delay = at.delay;
    world.intra().window = ByteCount(at.window);
    world.intra().pair_rate_bps = at.pair_rate_bps;
    world.scenario.network.send_buffer = ByteCount(16 << 20);
    Flood(world, 0, 1, 16 << 10);
    world.Run(Duration::Milliseconds(4'000));
    const double goodput =
        Goodput(world, 0, 1, Duration::Milliseconds(1'500), Duration::Milliseconds(4'000));
    CHECK(goodput == doctest::Approx(at.expected).epsilon(0.01));
    world.Finish();
  }
}

TEST_CASE("stream: behind a lost segment everything waits, though it has arrived") {
  SmallWorld world({2});
  world.intra().segmentation = sim::Segmentation::kMtu;
  world.intra().delay = Duration::Milliseconds(10);
  world.intra().loss = {1, 50};
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    for (std::uint64_t i = 0; i < 200; ++i) out.Send(NodeId(1), Numbered(i, kMtu));
  };
  world.Run(Duration::Seconds(5));
  REQUIRE(world.arrivals().size() == 200);
  std::size_t together = 0;
  for (std::size_t i = 1; i < 200; ++i) {
    CHECK(NumberOf(world.arrivals()[i].payload) == i);
    if (world.arrivals()[i].at == world.arrivals()[i - 1].at) ++together;
  }
  CHECK(together > 10);  // Handed over at once, when the gap was filled.
}

TEST_CASE("datagram: fragments of a message share its fate, and a whole one leaves no ring taken") {
  SmallWorld world({2});
  world.intra().transport = sim::Transport::kDatagram;
  world.intra().segmentation = sim::Segmentation::kMtu;
  world.intra().loss = {1, 10};
  world.scenario.profile.nic.rx.descriptors = 7;  // one message at a time
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    for (std::uint64_t i = 0; i < 500; ++i) out.Send(NodeId(1), Numbered(i, 7 * kMtu));
  };
  world.Run(Duration::Seconds(1));
  // All seven arrive with probability 0.9^7 = 0.478: 239 expected, standard deviation 11.
  CHECK(world.arrivals().size() > 239 - 66);
  CHECK(world.arrivals().size() < 239 + 66);
  for (const trace::Event& drop : world.Of(trace::EventKind::kDrop)) {
    CHECK(drop.detail == static_cast<std::uint64_t>(trace::DropCause::kLoss));
  }
  world.Finish();
}

}  // namespace lockstep::tests
