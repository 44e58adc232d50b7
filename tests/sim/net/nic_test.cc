// The card: line rate, rounding, and exactly how much its queue takes.

#include "sim/net/nic.h"

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
  Nic nic(10 * kGiga, ByteCount(1'000'000));  // 800 ps a byte
  CHECK(nic.Enqueue(AtPs(0), ByteCount(1'500)) == AtPs(1'200'000));
  CHECK(nic.Enqueue(AtPs(0), ByteCount(65)) == AtPs(1'200'000 + 52'000));
  CHECK(nic.Enqueue(AtPs(1'000), ByteCount(1'500)) == AtPs(2'452'000));
  CHECK(nic.Enqueue(AtPs(2'452'000), ByteCount(1)) == AtPs(2'452'800));
  CHECK(nic.Enqueue(AtPs(9'000'000), ByteCount(10)) == AtPs(9'008'000));
  CHECK(nic.taken() == ByteCount(1'500 + 65 + 1'500 + 1 + 10));
  CHECK(nic.dropped() == ByteCount(0));
}

TEST_CASE("nic: a queue takes exactly its capacity, and drops the tail") {
  Nic nic(10 * kGiga, ByteCount(3'000));
  CHECK(nic.Enqueue(AtPs(0), ByteCount(1'500)));
  CHECK_FALSE(nic.Enqueue(AtPs(0), ByteCount(1'501)));
  CHECK(nic.Enqueue(AtPs(0), ByteCount(1'500)));
  CHECK_FALSE(nic.Enqueue(AtPs(0), ByteCount(1)));
  // One byte leaves in 800 ps.
  CHECK_FALSE(nic.Enqueue(AtPs(799), ByteCount(1)));
  CHECK(nic.Enqueue(AtPs(800), ByteCount(1)) == AtPs(3'001 * 800));
  CHECK(nic.taken() == ByteCount(3'001));
  CHECK(nic.dropped() == ByteCount(1'501 + 1 + 1));
}

TEST_CASE("nic: a packet larger than the queue never passes, though the card is idle") {
  Nic nic(10 * kGiga, ByteCount(3'000));
  CHECK_FALSE(nic.Enqueue(AtPs(0), ByteCount(3'001)));
  CHECK(nic.Enqueue(AtPs(0), ByteCount(3'000)) == AtPs(2'400'000));
}

TEST_CASE("nic: what is taken is never sent faster than the line rate") {
  constexpr std::int64_t kRate = 7 * kGiga;
  Nic nic(kRate, ByteCount(1 << 20));
  core::Random random(9);
  Instant last;
  std::int64_t bytes = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto size = static_cast<std::int64_t>(random.Below(9'000) + 1);
    if (const auto sent = nic.Enqueue(AtPs(0), ByteCount(size))) {
      CHECK(*sent > last);
      last = *sent;
      bytes += size;
    }
  }
  CHECK(nic.taken() == ByteCount(bytes));
  CHECK(bytes <= 1 << 20);
  CHECK(last - Instant() >= SerializationTime(ByteCount(bytes), kRate));
}

}  // namespace lockstep::tests
