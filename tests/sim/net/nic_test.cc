// The card: line rate, rounding, and exactly how much its queue takes.

#include "sim/net/nic.h"

#include <optional>

#include "absl/numeric/int128.h"

#include "protocols/core/random.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::ByteCount;
using core::Duration;
using core::Instant;
using sim::Nic;
using sim::SerializationTime;

constexpr std::int64_t kGiga = 1'000'000'000;

Instant AtPs(std::int64_t ps) { return Instant::FromPicoseconds(ps); }

// A card of this rate whose queue holds so many bytes (0: any number).
Nic CardOf(std::int64_t rate_bps, std::int64_t bytes) {
  sim::PortSpec port;
  port.rate_bps = rate_bps;
  port.bytes = ByteCount(bytes);
  return Nic(port);
}

// When the last bit of a packet is on the wire; none if it was refused.
std::optional<Instant> EndOf(Nic& nic, Instant now, std::int64_t bytes) {
  const auto service = nic.Enqueue(now, ByteCount(bytes));
  if (!service) return std::nullopt;
  return service->ends;
}

}  // namespace

TEST_CASE("nic: the time on the wire is rounded up, so no link is faster than its rate") {
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

TEST_CASE("nic: whatever the size, the time is the least that is not too fast") {
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

TEST_CASE("nic: packets leave back to back, and an idle card starts at once") {
  Nic nic = CardOf(10 * kGiga, 1'000'000);  // 800 ps a byte
  CHECK(EndOf(nic, AtPs(0), 1'500) == AtPs(1'200'000));
  CHECK(EndOf(nic, AtPs(0), 65) == AtPs(1'200'000 + 52'000));
  CHECK(EndOf(nic, AtPs(1'000), 1'500) == AtPs(2'452'000));
  CHECK(EndOf(nic, AtPs(2'452'000), 1) == AtPs(2'452'800));
  CHECK(EndOf(nic, AtPs(9'000'000), 10) == AtPs(9'008'000));
  CHECK(nic.taken() == ByteCount(1'500 + 65 + 1'500 + 1 + 10));
  CHECK(nic.dropped() == ByteCount(0));
}

TEST_CASE("nic: a queue takes exactly its capacity, and drops the tail") {
  Nic nic = CardOf(10 * kGiga, 3'000);
  CHECK(EndOf(nic, AtPs(0), 1'500));
  CHECK_FALSE(EndOf(nic, AtPs(0), 1'501));
  CHECK(EndOf(nic, AtPs(0), 1'500));
  CHECK_FALSE(EndOf(nic, AtPs(0), 1));
  // A packet's room is free when its last bit has left.
  CHECK_FALSE(EndOf(nic, AtPs(1'500 * 800 - 1), 1));
  CHECK(EndOf(nic, AtPs(1'500 * 800), 1) == AtPs(3'001 * 800));
  CHECK(nic.taken() == ByteCount(3'001));
  CHECK(nic.dropped() == ByteCount(1'501 + 1 + 1));
}

TEST_CASE("nic: a packet larger than the queue never passes, though the card is idle") {
  Nic nic = CardOf(10 * kGiga, 3'000);
  CHECK_FALSE(EndOf(nic, AtPs(0), 3'001));
  CHECK(EndOf(nic, AtPs(0), 3'000) == AtPs(2'400'000));
}

TEST_CASE("nic: what is taken is never sent faster than the line rate") {
  constexpr std::int64_t kRate = 7 * kGiga;
  Nic nic = CardOf(kRate, 1 << 20);
  core::Random random(9);
  Instant last;
  std::int64_t bytes = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto size = static_cast<std::int64_t>(random.Below(9'000) + 1);
    if (const auto sent = EndOf(nic, AtPs(0), size)) {
      CHECK(*sent > last);
      last = *sent;
      bytes += size;
    }
  }
  CHECK(nic.taken() == ByteCount(bytes));
  CHECK(bytes <= 1 << 20);
  CHECK(last - Instant() >= SerializationTime(ByteCount(bytes), kRate));
}

TEST_CASE("nic: a queue of packets takes exactly so many, whatever their size") {
  sim::PortSpec port;
  port.rate_bps = 8 * kGiga;  // 1 ns a byte
  port.packets = 2;
  Nic nic(port);
  CHECK(EndOf(nic, AtPs(0), 1'000) == AtPs(1'000'000));
  CHECK(EndOf(nic, AtPs(0), 1) == AtPs(1'001'000));
  CHECK_FALSE(EndOf(nic, AtPs(999'999), 1));
  CHECK(EndOf(nic, AtPs(1'000'000), 1) == AtPs(1'002'000));
}

TEST_CASE("nic: latency delays packets without slowing the wire, and keeps their order") {
  sim::PortSpec port;
  port.rate_bps = 8 * kGiga;
  port.latency = sim::Distribution::Uniform(Duration::Nanoseconds(10), Duration::Nanoseconds(500));
  port.per_byte = Duration::Picoseconds(100);
  Nic nic(port, core::Random(5));
  Instant last;
  for (int i = 0; i < 100; ++i) {
    const Instant now = AtPs(i * 50'000);
    const Instant end = *EndOf(nic, now, 100);
    CHECK(end - now >= Duration::Nanoseconds(10 + 10 + 100));
    CHECK(end - last >= Duration::Nanoseconds(100));
    last = end;
  }
}

TEST_CASE("nic: a packet that comes in more slowly than it goes out is sent at its own pace") {
  Nic nic = CardOf(80 * kGiga, 0);  // 100 ps a byte
  // Its head is here at 1 us; its tail, at 10 Gbit/s, 800 ns later.
  const auto slow = nic.Enqueue(AtPs(1'000'000), AtPs(1'800'000), ByteCount(1'000));
  CHECK(slow->ends == AtPs(1'800'000));
  // One that comes faster than it goes starts at once.
  const auto fast = nic.Enqueue(AtPs(5'000'000), AtPs(5'050'000), ByteCount(1'000));
  CHECK(fast->begins == AtPs(5'000'000));
}

TEST_CASE("nic: a token bucket passes its burst at once, and then its rate") {
  sim::PortSpec port;
  port.rate_bps = 80 * kGiga;
  port.limit = {8 * kGiga, ByteCount(3'000)};
  Nic nic(port);
  for (int i = 1; i <= 3; ++i) CHECK(EndOf(nic, AtPs(0), 1'000) == AtPs(i * 100'000));
  // The bucket is empty at 0, and has 1000 B again after 1 us; then one each microsecond.
  CHECK(EndOf(nic, AtPs(0), 1'000) == AtPs(1'000'000 + 100'000));
  CHECK(EndOf(nic, AtPs(0), 1'000) == AtPs(2'000'000 + 100'000));
}

TEST_CASE("nic: what a stall interrupts goes on after it, and stalls that overlap are one") {
  Nic nic = CardOf(8 * kGiga, 0);
  nic.AddStall(AtPs(2'500'000), AtPs(4'000'000));
  nic.AddStall(AtPs(500'000), AtPs(1'500'000));
  nic.AddStall(AtPs(1'000'000), AtPs(2'000'000));
  // 500 ns, a pause until 2 us, 500 ns more.
  CHECK(EndOf(nic, AtPs(0), 1'000) == AtPs(2'500'000));
  const auto held = nic.Enqueue(AtPs(0), ByteCount(1'000));
  CHECK(held->begins == AtPs(4'000'000));
  CHECK(held->ends == AtPs(5'000'000));
}

TEST_CASE("nic: a stall counts what was there before its end and not through at its beginning") {
  Nic nic = CardOf(8 * kGiga, 0);
  nic.AddStall(AtPs(1'500'000), AtPs(4'000'000));
  nic.AddStall(AtPs(2'000'000), AtPs(5'000'000));
  CHECK(EndOf(nic, AtPs(0), 1'000) == AtPs(1'000'000));  // In time.
  CHECK(EndOf(nic, AtPs(0), 1'000) == AtPs(5'500'000));
  CHECK(EndOf(nic, AtPs(4'000'000), 1'000) == AtPs(6'500'000));
  CHECK(EndOf(nic, AtPs(5'000'000), 1'000) == AtPs(7'500'000));  // Behind them, but after both.
  CHECK(nic.DelayedBy(AtPs(1'500'000), AtPs(4'000'000)) == 1);
  CHECK(nic.DelayedBy(AtPs(2'000'000), AtPs(5'000'000)) == 2);
  CHECK(nic.DelayedBy(AtPs(2'000'000), AtPs(6'000'000)) == 0);
}

}  // namespace lockstep::tests
