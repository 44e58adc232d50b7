// The published artifact's schedule.

#include "protocols/picsou/artifact_schedule.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "protocols/picsou/schedule.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using picsou::ArtifactSchedule;
using picsou::ArtifactShares;
using ArtifactPairs = std::vector<ArtifactSchedule::Pair>;

core::Cluster ClusterOfUnits(std::uint32_t size, std::uint32_t u) {
  return {"x", core::NodeId(0), size, u, u};
}
core::Cluster ClusterOfStake(std::vector<std::uint32_t> stake, std::uint32_t u) {
  core::Cluster cluster = ClusterOfUnits(static_cast<std::uint32_t>(stake.size()), u);
  cluster.stake = std::move(stake);
  return cluster;
}
ArtifactSchedule EqualSchedule(std::uint32_t size) {
  const core::Cluster cluster = ClusterOfUnits(size, (size - 1) / 3);
  return {cluster, cluster};
}
ArtifactPairs PairsOf(const ArtifactSchedule& schedule, std::uint64_t position) {
  const ArtifactSchedule::List list = schedule.ListOf(position);
  return {list.begin(), list.end()};
}

TEST_CASE("artifact schedule: a message is sent u_s + u_r + 1 times at most") {
  const std::pair<std::uint32_t, std::size_t> sends[] = {{4, 3}, {7, 5}, {19, 13}};
  for (const auto& [size, count] : sends) {
    const ArtifactSchedule schedule = EqualSchedule(size);
    for (std::uint64_t position = 0; position < schedule.period(); ++position)
      REQUIRE(schedule.ListOf(position).size() == count);
  }
}

TEST_CASE("artifact schedule: it starts over after the power of two above q^2 (q - 1)") {
  CHECK(EqualSchedule(4).period() == 64);  // not 48
  CHECK(EqualSchedule(7).period() == 512);
  CHECK(EqualSchedule(19).period() == 8192);
  const ArtifactSchedule four = EqualSchedule(4);
  for (std::uint64_t position = 0; position < 200; ++position)
    REQUIRE(PairsOf(four, position) == PairsOf(four, position + 64));
  // The offset is 0, 1, 2, 0 in the quarters of 64 positions, where 48 would give 0, 1, 2, 0, 1.
  CHECK(PairsOf(four, 48) == PairsOf(four, 0));
  CHECK(PairsOf(four, 64) == PairsOf(four, 0));
  CHECK(PairsOf(four, 64) != PairsOf(four, 16));
  // So one sender has two positions in a row where n is no power of two.
  const ArtifactSchedule seven = EqualSchedule(7);
  CHECK(seven.Sender(511) == 0);
  CHECK(seven.Sender(512) == 0);
}

TEST_CASE("artifact schedule: turn 0 is the paper's as long as it has not started over") {
  for (const std::uint32_t size : {4U, 7U, 19U}) {
    const ArtifactSchedule artifact = EqualSchedule(size);
    const picsou::Schedule paper(size, size);
    for (std::uint64_t position = 0; position < artifact.period(); ++position) {
      REQUIRE(artifact.Sender(position) == paper.Sender(position, 0));
      REQUIRE(artifact.Receiver(position) == paper.Receiver(position, 0));
    }
  }
}

TEST_CASE("artifact schedule: resends go down a diagonal that is moved on every n^2 positions") {
  // n = 4, offset 0: one and two on.
  CHECK(PairsOf(EqualSchedule(4), 5) == ArtifactPairs{{1, 2}, {2, 3}, {3, 0}});
  // Offset 1: two and three on.
  CHECK(PairsOf(EqualSchedule(4), 16 + 5) == ArtifactPairs{{1, 2}, {3, 0}, {0, 1}});
  // Offset 2: three on, and then one, since four on is where it was sent first.
  CHECK(PairsOf(EqualSchedule(4), 32 + 5) == ArtifactPairs{{1, 2}, {0, 1}, {2, 3}});
  // n = 7, offset 5: six on, then 1, 2 and 3.
  CHECK(PairsOf(EqualSchedule(7), 5 * 49) == ArtifactPairs{{0, 0}, {6, 6}, {1, 1}, {2, 2}, {3, 3}});
}

TEST_CASE("artifact schedule: no replica of equal clusters has two turns of a message") {
  for (const std::uint32_t size : {1U, 2U, 3U, 4U, 5U, 7U, 10U}) {
    const ArtifactSchedule schedule = EqualSchedule(size);
    for (std::uint64_t position = 0; position < schedule.period(); ++position) {
      std::set<std::uint32_t> senders;
      std::set<std::uint32_t> receivers;
      for (const ArtifactSchedule::Pair& pair : schedule.ListOf(position)) {
        REQUIRE(senders.insert(pair.sender).second);
        REQUIRE(receivers.insert(pair.receiver).second);
      }
    }
  }
}

TEST_CASE("artifact schedule: of 4 against 7 each sender has runs of seven messages") {
  const ArtifactSchedule schedule(ClusterOfUnits(4, 1), ClusterOfUnits(7, 2));
  for (std::uint64_t position = 0; position < 1000; ++position) {
    REQUIRE(schedule.Sender(position) == position % 28 / 7);
    // Slots of four for each receiver, moved on by one each quantum.
    REQUIRE(schedule.Receiver(position) == (position % 28 + position / 28) % 28 / 4);
  }
  CHECK(schedule.period() == 32'768);  // 28^2 * 27 = 21 168
  // Stake of 7 and 4 each, and 1 * 7 + 2 * 4 + 1 of it is used: 4, 3, 1, 4, 2 and 2.
  CHECK(PairsOf(schedule, 0) == ArtifactPairs{{0, 0}, {0, 1}, {1, 1}, {1, 2}, {1, 3}, {2, 3}});
  // The last one starts with the first receiver's own stake, wherever its slot is.
  CHECK(PairsOf(schedule, 8) == ArtifactPairs{{1, 2}, {1, 3}, {2, 3}, {2, 4}, {2, 5}, {3, 5}});
}

TEST_CASE("artifact schedule: stake pairs the lesser of what two have left") {
  const core::Cluster cluster = ClusterOfStake({1, 2, 3, 4}, 3);
  const ArtifactSchedule schedule(cluster, cluster);
  const std::vector<std::uint32_t> turns = {0, 1, 1, 2, 2, 2, 3, 3, 3, 3};
  for (std::uint64_t position = 0; position < 500; ++position) {
    REQUIRE(schedule.Sender(position) == turns[position % 10]);
    REQUIRE(schedule.Receiver(position) == turns[(position % 10 + position / 10) % 10]);
  }
  // 3 + 3 + 1 of stake.
  CHECK(PairsOf(schedule, 0) == ArtifactPairs{{0, 0}, {1, 1}, {2, 2}, {3, 3}});
  CHECK(PairsOf(schedule, 6) == ArtifactPairs{{3, 3}, {0, 0}, {1, 1}});
  // 1, 1, 1, 2, 1, and 1 of the 3 that the last two have left.
  CHECK(PairsOf(schedule, 10) == ArtifactPairs{{0, 1}, {1, 1}, {1, 2}, {2, 2}, {2, 3}, {3, 3}});
}

TEST_CASE("artifact schedule: the turns of a replica are consecutive from its first one") {
  const ArtifactSchedule schedule(ClusterOfUnits(4, 1), ClusterOfUnits(7, 2));
  const ArtifactSchedule::Turns turns = schedule.TurnsOf(0, 1);
  CHECK(turns.first == 2);
  CHECK(turns.receivers == absl::InlinedVector<std::uint32_t, 4>{1, 2, 3});
  CHECK_FALSE(turns.Has(1));
  CHECK(turns.Has(4));
  CHECK_FALSE(turns.Has(5));
  CHECK(schedule.TurnsOf(0, 3).receivers.empty());
  CHECK_FALSE(schedule.TurnsOf(0, 3).Has(0));
}

TEST_CASE("artifact schedule: what is left goes to the smallest remainders") {
  using Shares = std::vector<std::uint64_t>;
  // Quotas of 9.7 and 0.1: Hamilton gives the tenth message to the first.
  CHECK(ArtifactShares(Shares{97, 1, 1, 1}, 10) == Shares{9, 1, 0, 0});
  // 21.4 and 26.2.
  CHECK(ArtifactShares(Shares{214, 262, 262, 262}, 100) == Shares{21, 27, 26, 26});
  CHECK(ArtifactShares(Shares{25, 25, 25, 25}, 100) == Shares{25, 25, 25, 25});
}

TEST_CASE("artifact schedule: of a share of zero nobody sends anything first") {
  const core::Cluster cluster = ClusterOfStake({1, 1, 3000}, 1);
  const ArtifactSchedule schedule(cluster, cluster);
  for (std::uint64_t position = 0; position < 3000; ++position) {
    REQUIRE(schedule.Sender(position) == 2);
    REQUIRE(schedule.Receiver(position) == 2);
  }
  // Yet its stake has turns: 1 + 1 + 1 of it is used by the first pair alone.
  CHECK(PairsOf(schedule, 0) == ArtifactPairs{{2, 2}});
}

TEST_CASE("artifact schedule: runs of its stride have one first pair") {
  for (const std::uint32_t size : {2U, 4U, 7U, 16U}) {
    const ArtifactSchedule schedule = EqualSchedule(size);
    for (std::uint64_t position = 0; position < 2 * schedule.period(); ++position) {
      const std::uint64_t next = position + schedule.stride();
      REQUIRE(schedule.Sender(next) == schedule.Sender(position));
      REQUIRE(schedule.Receiver(next) == schedule.Receiver(position));
    }
  }
  CHECK(EqualSchedule(4).stride() == 16);
  CHECK(EqualSchedule(7).stride() == 512);
}

}  // namespace
}  // namespace lockstep::tests
