// The port: line rate, rounding, exactly how much its queue takes, and what is done to it.

#include "sim/net/port.h"

#include <optional>
#include <vector>

#include "absl/numeric/int128.h"

#include "protocols/core/random.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::ByteCount;
using core::Duration;
using core::Instant;
using sim::Port;
using sim::SerializationTime;

constexpr std::int64_t kGiga = 1'000'000'000;

Instant AtPs(std::int64_t ps) { return Instant::FromPicoseconds(ps); }

// A card of this rate whose queue holds so many bytes (0: any number).
Port CardOf(std::int64_t rate_bps, std::int64_t bytes) {
  sim::PortSpec spec;
  spec.rate_bps = rate_bps;
  spec.bytes = ByteCount(bytes);
  return Port(spec);
}

// When the last bit of a packet is on the wire; none if it was refused.
std::optional<Instant> EndOf(Port& port, Instant now, std::int64_t bytes) {
  const Port::Queued* queued = port.Enqueue(now, ByteCount(bytes));
  if (queued == nullptr) return std::nullopt;
  return queued->ends;
}

}  // namespace

TEST_CASE("port: the time on the wire is rounded up, so no link is faster than its rate") {
  // ceil(8 * size * 1e12 / rate)
  CHECK(SerializationTime(ByteCount(1), 8 * kGiga).ps() == 1'000);
  CHECK(SerializationTime(ByteCount(1), 3 * kGiga).ps() == 2'667);  // 2666.67
  CHECK(SerializationTime(ByteCount(3), 3 * kGiga).ps() == 8'000);
  CHECK(SerializationTime(ByteCount(1), 400 * kGiga).ps() == 20);
  CHECK(SerializationTime(ByteCount(0), 3 * kGiga).ps() == 0);
  CHECK(SerializationTime(ByteCount(1), 1).ps() == 8'000'000'000'000);
  // 10 TB at 1 Gbit/s: 8e25 does not fit 64 bits on the way.
  CHECK(SerializationTime(ByteCount(10'000 * kGiga), kGiga) == Duration::Seconds(80'000));
}

TEST_CASE("port: whatever the size, the time is the least that is not too fast") {
  core::Random random(3);
  for (int i = 0; i < 1'000; ++i) {
    const auto size = static_cast<std::int64_t>(random.Below(100'000) + 1);
    const auto rate = static_cast<std::int64_t>(random.Below(400 * kGiga) + 1'000'000'000);
    const std::int64_t ps = SerializationTime(ByteCount(size), rate).ps();
    const auto bits = [&](std::int64_t time) { return absl::int128(time) * rate; };
    const absl::int128 wanted = absl::int128(8) * size * 1'000'000'000'000;
    CHECK(bits(ps) >= wanted);
    CHECK(bits(ps - 1) < wanted);
  }
}

TEST_CASE("port: what would end later than any run may last ends then, however much waits") {
  using sim::kNever;
  // 10 TB at 1 bit/s: 2.5 million years.
  CHECK(SerializationTime(ByteCount(10'000 * kGiga), 1) == kNever - Instant());
  Port card = CardOf(1'000, 0);
  Instant last;
  // Each of 92 days and a half.
  for (int i = 0; i < 1'000; ++i) {
    const std::optional<Instant> end = EndOf(card, AtPs(i), kGiga);
    REQUIRE(end);
    CHECK(*end >= last);
    CHECK(*end <= kNever);
    last = *end;
  }
  CHECK(last == kNever);
  CHECK(card.RetryAt(AtPs(5), ByteCount(1)) == kNever);
  card.SetRate(AtPs(2'000), 1);
  card.BeginStall(AtPs(3'000));
  card.EndStall(AtPs(4'000));
  CHECK(card.RetryAt(AtPs(5'000), ByteCount(1)) == kNever);
  // A bucket that fills as slowly.
  sim::Shaper shaper({1, ByteCount(100)});
  for (int i = 0; i < 1'000; ++i) shaper.Take(AtPs(0), ByteCount(kGiga));
  CHECK(shaper.Earliest(AtPs(0), ByteCount(100)) == kNever);
}

TEST_CASE("port: packets leave back to back, and an idle card starts at once") {
  Port port = CardOf(10 * kGiga, 1'000'000);  // 800 ps a byte
  CHECK(EndOf(port, AtPs(0), 1'500) == AtPs(1'200'000));
  CHECK(EndOf(port, AtPs(0), 65) == AtPs(1'200'000 + 52'000));
  CHECK(EndOf(port, AtPs(1'000), 1'500) == AtPs(2'452'000));
  CHECK(EndOf(port, AtPs(2'452'000), 1) == AtPs(2'452'800));
  CHECK(EndOf(port, AtPs(9'000'000), 10) == AtPs(9'008'000));
  CHECK(port.taken(Instant::Max()) == ByteCount(1'500 + 65 + 1'500 + 1 + 10));
  CHECK(port.dropped() == ByteCount(0));
}

TEST_CASE("port: a queue takes exactly its capacity, and drops the tail") {
  Port port = CardOf(10 * kGiga, 3'000);
  CHECK(EndOf(port, AtPs(0), 1'500));
  CHECK_FALSE(EndOf(port, AtPs(0), 1'501));
  CHECK(EndOf(port, AtPs(0), 1'500));
  CHECK_FALSE(EndOf(port, AtPs(0), 1));
  // A packet's room is free when its last bit has left.
  CHECK_FALSE(EndOf(port, AtPs(1'500 * 800 - 1), 1));
  CHECK(EndOf(port, AtPs(1'500 * 800), 1) == AtPs(3'001 * 800));
  CHECK(port.taken(Instant::Max()) == ByteCount(3'001));
  CHECK(port.dropped() == ByteCount(1'501 + 1 + 1));
}

TEST_CASE("port: a packet larger than the queue never passes, though the card is idle") {
  Port port = CardOf(10 * kGiga, 3'000);
  CHECK_FALSE(EndOf(port, AtPs(0), 3'001));
  CHECK(EndOf(port, AtPs(0), 3'000) == AtPs(2'400'000));
}

TEST_CASE("port: what is taken is never sent faster than the line rate") {
  constexpr std::int64_t kRate = 7 * kGiga;
  Port port = CardOf(kRate, 1 << 20);
  core::Random random(9);
  Instant last;
  std::int64_t bytes = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto size = static_cast<std::int64_t>(random.Below(9'000) + 1);
    if (const auto sent = EndOf(port, AtPs(0), size)) {
      CHECK(*sent > last);
      last = *sent;
      bytes += size;
    }
  }
  CHECK(port.taken(Instant::Max()) == ByteCount(bytes));
  CHECK(bytes <= 1 << 20);
  CHECK(last - Instant() >= SerializationTime(ByteCount(bytes), kRate));
}

TEST_CASE("port: a queue of packets takes exactly so many, whatever their size") {
  sim::PortSpec spec;
  spec.rate_bps = 8 * kGiga;  // 1 ns a byte
  spec.packets = 2;
  Port port(spec);
  CHECK(EndOf(port, AtPs(0), 1'000) == AtPs(1'000'000));
  CHECK(EndOf(port, AtPs(0), 1) == AtPs(1'001'000));
  CHECK_FALSE(EndOf(port, AtPs(999'999), 1));
  CHECK(EndOf(port, AtPs(1'000'000), 1) == AtPs(1'002'000));
}

TEST_CASE("port: latency delays packets without slowing the wire, and keeps their order") {
  sim::PortSpec spec;
  spec.rate_bps = 8 * kGiga;
  spec.latency = sim::Distribution::Uniform(Duration::Nanoseconds(10), Duration::Nanoseconds(500));
  spec.per_byte = Duration::Picoseconds(100);
  Port port(spec, core::Random(5));
  Instant last;
  for (int i = 0; i < 100; ++i) {
    const Instant now = AtPs(i * 50'000);
    const Instant end = *EndOf(port, now, 100);
    CHECK(end - now >= Duration::Nanoseconds(10 + 10 + 100));
    CHECK(end - last >= Duration::Nanoseconds(100));
    last = end;
  }
}

TEST_CASE("port: a packet that comes in more slowly than it goes out is sent at its own pace") {
  Port port = CardOf(80 * kGiga, 0);  // 100 ps a byte
  // Its head is here at 1 us; its tail, at 10 Gbit/s, 800 ns later.
  const auto slow = *port.Enqueue(AtPs(1'000'000), AtPs(1'800'000), ByteCount(1'000), {});
  CHECK(slow.ends == AtPs(1'800'000));
  // One that comes faster than it goes starts at once.
  const auto fast = *port.Enqueue(AtPs(5'000'000), AtPs(5'050'000), ByteCount(1'000), {});
  CHECK(fast.begins == AtPs(5'000'000));
}

TEST_CASE("port: a token bucket passes its burst at once, and then its rate") {
  sim::PortSpec spec;
  spec.rate_bps = 80 * kGiga;
  spec.limit = {8 * kGiga, ByteCount(3'000)};
  Port port(spec);
  for (int i = 1; i <= 3; ++i) CHECK(EndOf(port, AtPs(0), 1'000) == AtPs(i * 100'000));
  // The bucket is empty at 0, and has 1000 B again after 1 us; then one each microsecond.
  CHECK(EndOf(port, AtPs(0), 1'000) == AtPs(1'000'000 + 100'000));
  CHECK(EndOf(port, AtPs(0), 1'000) == AtPs(2'000'000 + 100'000));
}

// What is not through, by its size: when its last bit will be on the wire.
namespace {

std::vector<Instant> EndsOf(Port& port) {
  std::vector<Instant> ends;
  for (std::size_t i = 0; i < port.queued(); ++i) ends.push_back(port.at(i).ends);
  return ends;
}

using Ends = std::vector<Instant>;

}  // namespace

TEST_CASE("port: what a stall interrupts stands still and goes on after it, and what waits waits") {
  Port port = CardOf(8 * kGiga, 0);
  for (int i = 0; i < 3; ++i) CHECK(EndOf(port, AtPs(0), 1'000) == AtPs((i + 1) * 1'000'000));
  port.BeginStall(AtPs(1'400'000));
  CHECK(port.is_standing());
  port.EndStall(AtPs(5'000'000));
  CHECK_FALSE(port.is_standing());
  // The first is through; of the second 600 ns are left.
  CHECK(EndsOf(port) == Ends{AtPs(5'600'000), AtPs(6'600'000)});
  CHECK(port.busy_until() == AtPs(6'600'000));
}

TEST_CASE("port: stalls that overlap are one, and what comes meanwhile goes when all have ended") {
  Port port = CardOf(8 * kGiga, 0);
  EndOf(port, AtPs(0), 1'000);
  port.BeginStall(AtPs(500'000));
  port.BeginStall(AtPs(1'000'000));
  port.EndStall(AtPs(1'500'000));
  CHECK(port.is_standing());
  EndOf(port, AtPs(1'800'000), 1'000);
  port.EndStall(AtPs(2'000'000));
  CHECK(EndsOf(port) == Ends{AtPs(2'500'000), AtPs(3'500'000)});
}

TEST_CASE("port: a stall counts the packets that it has made later, those that wait behind too") {
  Port port = CardOf(8 * kGiga, 0);
  EndOf(port, AtPs(0), 1'000);  // In time.
  EndOf(port, AtPs(0), 1'000);
  port.BeginStall(AtPs(1'500'000));
  CHECK(port.MadeLater(AtPs(1'500'000)) == 0);
  port.BeginStall(AtPs(2'000'000));
  CHECK(port.MadeLater(AtPs(4'000'000)) == 1);
  port.EndStall(AtPs(4'000'000));
  EndOf(port, AtPs(4'000'000), 1'000);  // Without the other stall, from 4.5 to 5.5 us.
  CHECK(port.MadeLater(AtPs(5'000'000)) == 2);
  port.EndStall(AtPs(5'000'000));
  EndOf(port, AtPs(5'000'000), 1'000);
  CHECK(EndsOf(port) == Ends{AtPs(5'500'000), AtPs(6'500'000), AtPs(7'500'000)});
}

TEST_CASE("port: a stall makes nothing later that its latency or its tokens held back anyway") {
  sim::PortSpec spec;
  spec.rate_bps = 8 * kGiga;
  spec.latency = sim::Distribution(Duration::Microseconds(3));
  Port late(spec);
  EndOf(late, AtPs(0), 1'000);
  late.BeginStall(AtPs(1'000'000));
  CHECK(late.MadeLater(AtPs(3'000'000)) == 0);
  CHECK(late.MadeLater(AtPs(3'000'001)) == 1);
  late.EndStall(AtPs(2'000'000));
  CHECK(EndsOf(late) == Ends{AtPs(4'000'000)});

  spec.latency = {};
  spec.rate_bps = 80 * kGiga;  // 100 ns each
  spec.limit = {8 * kGiga, ByteCount(1'000)};
  Port shaped(spec);
  for (int i = 0; i < 3; ++i) EndOf(shaped, AtPs(0), 1'000);
  CHECK(EndsOf(shaped) == Ends{AtPs(100'000), AtPs(1'100'000), AtPs(2'100'000)});
  shaped.BeginStall(AtPs(200'000));
  shaped.EndStall(AtPs(900'000));
  CHECK(EndsOf(shaped) == Ends{AtPs(1'100'000), AtPs(2'100'000)});
  shaped.BeginStall(AtPs(1'050'000));  // Half of the second is out; its tokens stay taken.
  shaped.EndStall(AtPs(1'550'000));
  CHECK(EndsOf(shaped) == Ends{AtPs(1'600'000), AtPs(2'100'000)});
}

TEST_CASE("port: a queue is as full during a stall as what it holds") {
  Port port = CardOf(8 * kGiga, 2'000);
  CHECK(EndOf(port, AtPs(0), 1'000));
  port.BeginStall(AtPs(500'000));
  CHECK(EndOf(port, AtPs(3'000'000), 1'000));
  CHECK_FALSE(EndOf(port, AtPs(9'000'000), 1));
  port.EndStall(AtPs(10'000'000));
  CHECK_FALSE(EndOf(port, AtPs(10'499'999), 1));
  CHECK(EndOf(port, AtPs(10'500'000), 1'000) == AtPs(12'500'000));
}

TEST_CASE("port: a new rate counts from now on, in the midst of a packet too") {
  Port port = CardOf(8 * kGiga, 0);
  EndOf(port, AtPs(0), 1'000);
  EndOf(port, AtPs(0), 1'000);
  port.SetRate(AtPs(250'000), 16 * kGiga);
  // 750 ns are left at the old rate, half of that at the new one; then 500 ns.
  CHECK(EndsOf(port) == Ends{AtPs(625'000), AtPs(1'125'000)});
  port.SetRate(AtPs(625'000), 3 * kGiga);
  // 1000 B at 3 Gbit/s: ceil(8e6 / 3) = 2 666 667 ps.
  CHECK(EndsOf(port) == Ends{AtPs(625'000 + 2'666'667)});
  CHECK(EndOf(port, AtPs(700'000), 300) == AtPs(625'000 + 2'666'667 + 800'000));
  // While it stands, too.
  port.BeginStall(AtPs(625'000 + 666'667));
  port.SetRate(AtPs(2'000'000), 6 * kGiga);
  port.EndStall(AtPs(2'000'000));
  CHECK(EndsOf(port) == Ends{AtPs(3'000'000), AtPs(3'400'000)});
}

TEST_CASE("port: a link that goes down cuts the packet on the wire, and what waits may wait") {
  Port port = CardOf(8 * kGiga, 0);
  for (const int size : {1'000, 1'001, 1'002}) EndOf(port, AtPs(0), size);
  const auto lost = port.TakeDown(AtPs(1'500'000), Port::WhileDown::kWait);
  REQUIRE(lost.size() == 1);
  CHECK(lost[0].size == ByteCount(1'001));
  CHECK(EndOf(port, AtPs(2'000'000), 10));
  port.BringUp(AtPs(4'000'000));
  CHECK(EndsOf(port) == Ends{AtPs(5'002'000), AtPs(5'012'000)});
  CHECK(port.Waiting(AtPs(4'000'000)) == ByteCount(1'012));
}

TEST_CASE("port: a link that goes down may drop what waits, and what comes until it is up") {
  Port port = CardOf(8 * kGiga, 0);
  for (const int size : {1'000, 1'001, 1'002}) EndOf(port, AtPs(0), size);
  // Between two packets: neither is on the wire.
  const auto lost = port.TakeDown(AtPs(1'000'000), Port::WhileDown::kDropped);
  REQUIRE(lost.size() == 2);
  CHECK(lost[0].size == ByteCount(1'001));
  CHECK(port.Waiting(AtPs(1'000'000)) == ByteCount(0));
  CHECK_FALSE(EndOf(port, AtPs(2'000'000), 10));
  port.BringUp(AtPs(4'000'000));
  CHECK(EndOf(port, AtPs(4'000'000), 10) == AtPs(4'010'000));
}

TEST_CASE("port: a link that is down for two reasons comes up with the second, and is as harsh") {
  Port port = CardOf(8 * kGiga, 0);
  for (const int size : {1'000, 1'001}) EndOf(port, AtPs(0), size);
  CHECK(port.TakeDown(AtPs(500'000), Port::WhileDown::kWait).size() == 1);
  CHECK(EndOf(port, AtPs(600'000), 10));
  CHECK(port.TakeDown(AtPs(700'000), Port::WhileDown::kDropped).size() == 2);
  port.BringUp(AtPs(800'000));
  CHECK(port.is_down());
  CHECK_FALSE(EndOf(port, AtPs(900'000), 10));
  port.BringUp(AtPs(1'000'000));
  CHECK_FALSE(port.is_down());
  CHECK(EndOf(port, AtPs(1'000'000), 10) == AtPs(1'010'000));
  // What one drops does not come back where the other would have it wait.
  CHECK(port.TakeDown(AtPs(2'000'000), Port::WhileDown::kDropped).empty());
  CHECK(port.TakeDown(AtPs(2'000'000), Port::WhileDown::kWait).empty());
  CHECK_FALSE(EndOf(port, AtPs(2'000'000), 10));
}

TEST_CASE("port: stalls that are past leave nothing behind") {
  Port port = CardOf(8 * kGiga, 0);
  for (int i = 0; i < 100'000; ++i) {
    port.BeginStall(AtPs(i * 1'000));
    port.EndStall(AtPs(i * 1'000 + 500));
  }
  CHECK(port.queued() == 0);
  CHECK(EndOf(port, AtPs(100'000'000), 1'000) == AtPs(101'000'000));
}

TEST_CASE(
    "port: what is evicted leaves its place to what is behind it, but for the one on the wire") {
  Port port = CardOf(8 * kGiga, 0);
  for (int i = 0; i < 4; ++i) port.Enqueue(AtPs(0), ByteCount(1'000));
  REQUIRE(port.Unbegun(AtPs(500'000)) == 3);
  const Port::Queued evicted = port.Evict(AtPs(500'000), 1);
  CHECK(evicted.begins == AtPs(2'000'000));
  REQUIRE(port.queued() == 3);
  CHECK(port.at(0).ends == AtPs(1'000'000));
  CHECK(port.at(1).ends == AtPs(2'000'000));
  CHECK(port.at(2).ends == AtPs(3'000'000));
  CHECK(port.busy_until() == AtPs(3'000'000));
  CHECK(port.Waiting(AtPs(500'000)) == ByteCount(3'000));
  // Of one that stands nothing moves.
  port.BeginStall(AtPs(600'000));
  CHECK(port.Unbegun(AtPs(600'000)) == 2);
  port.Evict(AtPs(700'000), 0);
  CHECK(port.queued() == 2);
  port.EndStall(AtPs(1'600'000));
  CHECK(port.at(0).ends == AtPs(2'000'000));
  CHECK(port.at(1).ends == AtPs(3'000'000));
}

}  // namespace lockstep::tests
