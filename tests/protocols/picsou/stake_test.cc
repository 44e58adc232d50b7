// The schedule by stake (the Picsou paper, section 5), and quorums that are weighed.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include "analysis/c3b/schedule.h"
#include "protocols/core/quorum.h"
#include "protocols/core/random.h"
#include "protocols/picsou/quack.h"
#include "protocols/picsou/resend.h"
#include "protocols/picsou/retained.h"
#include "protocols/picsou/schedule.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using picsou::Schedule;
using Stake = std::vector<std::uint32_t>;
using Pairing = std::pair<std::uint64_t, std::uint64_t>;

core::Cluster ClusterOf(const Stake& stake) {
  core::Cluster cluster;
  cluster.size = static_cast<std::uint32_t>(stake.size());
  const bool is_plain =
      std::all_of(stake.begin(), stake.end(), [](auto each) { return each == 1; });
  if (!is_plain) cluster.stake = stake;
  return cluster;
}

Schedule ScheduleBetween(const Stake& senders, const Stake& receivers) {
  return {ClusterOf(senders), ClusterOf(receivers)};
}

Pairing PairingOf(const Schedule& schedule, std::uint64_t position, std::uint64_t attempt) {
  return {schedule.Sender(position, attempt), schedule.Receiver(position, attempt)};
}

// Both sides, with lanes of either kind, shares of zero, and sides without stake.
const std::vector<std::pair<Stake, Stake>> kSides = {{{3, 1, 1, 1}, {1, 1, 5, 1}},
                                                     {{1, 1, 1, 1}, {2, 1, 1}},
                                                     {{64, 1, 1, 1}, {64, 1, 1, 1}},
                                                     {{1, 2, 3, 4, 5}, {1, 1, 1, 1, 1, 1, 1}},
                                                     {{7}, {1, 2}},
                                                     {{1 << 20, 1, 1, 1}, {1, 1 << 20, 3}},
                                                     {{1, 1, 1, 1}, {64, 1, 1, 1}},
                                                     {{5000, 4000, 3000, 1}, {2, 2, 2, 2}},
                                                     {{1000, 1, 1, 1, 1}, {1, 1, 1}},
                                                     {{1000, 1, 1, 1, 1}, {1, 1, 1, 1, 1}}};

std::uint64_t PeriodOf(const Stake& senders, const Stake& receivers) {
  return picsou::Turns(ClusterOf(senders)).slots() * picsou::Turns(ClusterOf(receivers)).slots();
}

TEST_CASE("schedule by stake: in a quantum each sends its share, side by side (5)") {
  const Schedule schedule = ScheduleBetween({3, 1, 2, 2}, {1, 1, 1, 1});
  std::vector<std::uint64_t> senders;
  for (std::uint64_t position = 0; position < 8; ++position)
    senders.push_back(schedule.Sender(position, 0));
  CHECK(senders == std::vector<std::uint64_t>{0, 0, 0, 1, 2, 2, 3, 3});
  // What divides all of it does not matter.
  const Schedule scaled = ScheduleBetween({30, 10, 20, 20}, {1, 1, 1, 1});
  for (std::uint64_t position = 0; position < 64; ++position)
    CHECK(PairingOf(scaled, position, 0) == PairingOf(schedule, position, 0));
}

TEST_CASE("schedule by stake: in a period every pair meets as often as both shares say") {
  for (const auto& [senders, receivers] : kSides) {
    const Schedule schedule = ScheduleBetween(senders, receivers);
    const picsou::Turns from(ClusterOf(senders));
    const picsou::Turns to(ClusterOf(receivers));
    std::map<Pairing, std::uint64_t> met;
    for (std::uint64_t position = 0; position < PeriodOf(senders, receivers); ++position)
      ++met[PairingOf(schedule, position, 0)];
    for (std::uint64_t i = 0; i < senders.size(); ++i)
      for (std::uint64_t j = 0; j < receivers.size(); ++j)
        REQUIRE(met[{i, j}] == from.Share(i) * to.Share(j));
  }
}

TEST_CASE("schedule by stake: a quantum has at most 1024 slots, and a share may be none") {
  const picsou::Turns turns(ClusterOf({1 << 20, 1, 1, 1}));
  CHECK(turns.slots() == 1024);
  CHECK(turns.Share(0) == 1024);
  CHECK(turns.Share(1) == 0);
  // More replicas than that have a slot each, as they have without stake.
  Stake many(1500, 2);
  many[0] = 4;
  CHECK(picsou::Turns(ClusterOf(many)).slots() == 1500);
}

TEST_CASE("schedule by stake: pairings use the lesser stake of two up, and begin anew at the end") {
  // Both of 6. From (0, 0): 0 has 3, receiver 0 has 1; then 2 left for receiver 1, which has 2; and
  // so on.
  const Schedule schedule = ScheduleBetween({3, 1, 2}, {1, 2, 3});
  std::vector<Pairing> pairs;
  for (std::uint64_t attempt = 0; attempt < 8; ++attempt)
    pairs.push_back(PairingOf(schedule, 0, attempt));
  CHECK(pairs ==
        std::vector<Pairing>{{0, 0}, {0, 1}, {1, 2}, {2, 2}, {0, 0}, {0, 1}, {1, 2}, {2, 2}});
  // Totals of 3 and 4 are scaled to 12.
  const Schedule scaled = ScheduleBetween({2, 1}, {1, 1, 2});
  pairs.clear();
  for (std::uint64_t attempt = 0; attempt < 5; ++attempt)
    pairs.push_back(PairingOf(scaled, 0, attempt));
  CHECK(pairs == std::vector<Pairing>{{0, 0}, {0, 1}, {0, 2}, {1, 2}, {0, 0}});
}

TEST_CASE("schedule by stake: a lap has n_s + n_r - 1 pairs at most, all different") {
  for (const auto& [senders, receivers] : kSides) {
    const Schedule schedule = ScheduleBetween(senders, receivers);
    for (std::uint64_t position = 0; position < 40; ++position) {
      std::set<Pairing> pairs;
      std::uint64_t attempt = 0;
      while (pairs.insert(PairingOf(schedule, position, attempt)).second) ++attempt;
      REQUIRE(PairingOf(schedule, position, attempt) == PairingOf(schedule, position, 0));
      REQUIRE(attempt <= senders.size() + receivers.size() - 1);
      REQUIRE(PairingOf(schedule, position, 1'000'000'007 % attempt) ==
              PairingOf(schedule, position, 1'000'000'007));
    }
  }
}

TEST_CASE("schedule by stake: attempts in order reach a good pair within the paper's bound") {
  core::Random random = core::Random(3).Fork("bound");
  for (int round = 0; round < 400; ++round) {
    const auto some = [&] {
      Stake stake;
      for (std::uint64_t n = 1 + random.Below(6); n > 0; --n)
        stake.push_back(static_cast<std::uint32_t>(1 + random.Below(9)));
      return stake;
    };
    const std::vector<Stake> sides = {some(), some()};
    const Schedule schedule = ScheduleBetween(sides[0], sides[1]);
    // Whoever fits into less than half of the stake is faulty, from a random one on.
    std::vector<std::vector<bool>> is_faulty;
    std::vector<std::uint64_t> budget;
    for (const Stake& stake : sides) {
      const std::uint64_t sum = std::accumulate(stake.begin(), stake.end(), std::uint64_t{0});
      budget.push_back((sum - 1) / 2);
      std::uint64_t left = budget.back();
      is_faulty.emplace_back(stake.size());
      const std::uint64_t from = random.Below(stake.size());
      for (std::size_t i = 0; i < stake.size(); ++i) {
        const std::size_t at = (i + from) % stake.size();
        if (stake[at] > left) continue;
        left -= stake[at];
        is_faulty.back()[at] = true;
      }
    }
    const std::uint64_t sums[2] = {std::accumulate(sides[0].begin(), sides[0].end(), 0U),
                                   std::accumulate(sides[1].begin(), sides[1].end(), 0U)};
    // Of a ring of sums[0] * sums[1].
    const std::uint64_t bad = budget[0] * sums[1] + budget[1] * sums[0];
    for (std::uint64_t position = 0; position < 30; ++position) {
      std::uint64_t used = 0;
      std::map<std::uint64_t, std::uint64_t> sender_used;
      std::map<std::uint64_t, std::uint64_t> receiver_used;
      for (std::uint64_t attempt = 0;; ++attempt) {
        const auto [from, to] = PairingOf(schedule, position, attempt);
        if (!is_faulty[0][from] && !is_faulty[1][to]) break;
        const std::uint64_t length = std::min(sides[0][from] * sums[1] - sender_used[from],
                                              sides[1][to] * sums[0] - receiver_used[to]);
        sender_used[from] += length;
        receiver_used[to] += length;
        used += length;
        REQUIRE(used <= bad);
      }
    }
  }
}

TEST_CASE("schedule by stake: the oracle's, written apart from it, says the same") {
  for (const auto& [senders, receivers] : kSides) {
    const Schedule schedule = ScheduleBetween(senders, receivers);
    const analysis::Schedule other(ClusterOf(senders), ClusterOf(receivers));
    CHECK(schedule.is_dense() == other.is_dense());
    CHECK(schedule.set_period() == other.set_period());
    const std::uint64_t period = PeriodOf(senders, receivers);
    CHECK(other.period() == period);
    for (std::uint64_t position = 0; position < period; position += 1 + position / 997) {
      for (std::uint64_t attempt = 0; attempt < 14; ++attempt) {
        REQUIRE(schedule.Sender(position, attempt) == other.Sender(position, attempt));
        REQUIRE(schedule.Receiver(position, attempt) == other.Receiver(position, attempt));
      }
    }
  }
}

TEST_CASE("schedule by stake: what is alike has the same pairs, and its parts are the oracle's") {
  for (const auto& [senders, receivers] : kSides) {
    const Schedule schedule = ScheduleBetween(senders, receivers);
    const analysis::Schedule other(ClusterOf(senders), ClusterOf(receivers));
    for (std::uint64_t position = 0; position < 300; ++position) {
      const std::uint64_t alike = schedule.Alike(position);
      REQUIRE(alike > 0);
      for (std::uint64_t i = 0; i < std::min<std::uint64_t>(alike, 70); ++i)
        REQUIRE(PairingOf(schedule, position + i * schedule.lanes(), 3) ==
                PairingOf(schedule, position, 3));
      std::uint64_t all = 0;
      other.ForEachPart(
          {position, 2'000, other.lanes()},
          [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t end) {
            all += end - begin;
            for (const std::uint64_t i : {begin, begin + 1, end - 1})
              REQUIRE(PairingOf(schedule, lane + other.lanes() * std::min(i, end - 1), 3) ==
                      PairingOf(schedule, lane + other.lanes() * begin, 3));
          });
      REQUIRE(all == 2'000);
    }
  }
}

TEST_CASE("schedule by stake: own positions are those of the own slots, in runs for one receiver") {
  for (const auto& [senders, receivers] : kSides) {
    const Schedule schedule = ScheduleBetween(senders, receivers);
    for (std::uint64_t sender = 0; sender < senders.size(); ++sender) {
      std::vector<std::uint64_t> own;
      for (std::uint64_t position = 0; position < 5'000; ++position) {
        REQUIRE(schedule.OwnBelow(sender, position) == own.size());
        if (schedule.Sender(position, 0) == sender) own.push_back(position);
      }
      if (schedule.Share(sender) == 0) {
        REQUIRE(own.empty());
        continue;
      }
      for (std::size_t i = 0; i < own.size(); ++i) REQUIRE(schedule.Own(sender, i) == own[i]);
      const std::uint64_t from = own.size() / 3;
      const std::uint64_t count = own.size() - from;
      std::vector<std::uint64_t> walked;
      std::map<std::uint32_t, std::uint64_t> last;  // by receiver
      schedule.ForEachOwnRun(sender, from, count, [&](core::Run run, std::uint32_t receiver) {
        REQUIRE((schedule.is_dense() || run.stride == schedule.lanes()));
        if (schedule.is_dense() && last.contains(receiver)) REQUIRE(run.first > last[receiver]);
        last[receiver] = run.Last();
        for (std::uint64_t i = 0; i < run.count; ++i) {
          REQUIRE(schedule.Receiver(run.At(i), 0) == receiver);
          walked.push_back(run.At(i));
        }
      });
      std::sort(walked.begin(), walked.end());
      REQUIRE(walked == std::vector<std::uint64_t>(own.begin() + static_cast<std::ptrdiff_t>(from),
                                                   own.end()));
    }
  }
}

TEST_CASE("schedule by stake: where turns are many, runs go along quanta, or across them") {
  // Of 67 turns the heavy have 64: side by side in each quantum but for those of the light ones;
  // a light receiver's turn is one turn earlier in each quantum, a light sender's the same.
  const Schedule schedule = ScheduleBetween({64, 1, 1, 1}, {64, 1, 1, 1});
  REQUIRE(schedule.is_dense());
  std::map<std::pair<std::uint64_t, std::uint32_t>, std::vector<core::Run>> runs;
  for (std::uint64_t sender = 0; sender < 4; ++sender) {
    schedule.ForEachOwnRun(sender, 0, 40 * schedule.Share(sender),
                           [&](core::Run run, std::uint32_t receiver) {
                             runs[{sender, receiver}].push_back(run);
                           });
  }
  CHECK((runs[{0, 0}].front() == core::Run{0, 64, 1}));
  CHECK((runs[{0, 0}][1] == core::Run{67, 63, 1}));
  CHECK((runs[{0, 0}].size() <= 2 * 40));
  CHECK((runs[{0, 1}] == std::vector<core::Run>{{67 + 63, 39, 66}}));
  CHECK((runs[{1, 0}].back() == core::Run{64 + 3 * 67, 37, 67}));
}

TEST_CASE("retained: of dense streams runs are kept as they came, and what is wanted is found") {
  core::Random random = core::Random(8).Fork("retained");
  picsou::Retained::Config config;
  config.is_dense = true;
  config.peers = 2;
  config.messages = 1'000'000;
  config.bytes = core::ByteCount(1'000'000);
  picsou::Retained retained(config);
  std::set<std::uint64_t> kept;
  for (const core::Run run : {core::Run{0, 30, 1}, core::Run{100, 20, 66}, core::Run{101, 20, 67},
                              core::Run{40, 5, 2}, core::Run{5'000, 1, 1}}) {
    retained.Add({run, 10, core::Bytes::Filler({2, run.first, run.stride, run.count, 10, 0})});
    for (std::uint64_t i = 0; i < run.count; ++i) kept.insert(run.At(i));
  }
  CHECK(retained.size() == 5);
  for (int round = 0; round < 500; ++round) {
    const core::Run wanted{random.Below(1'500), 1 + random.Below(40), 1 + random.Below(70)};
    std::vector<std::uint64_t> expected;
    for (std::uint64_t i = 0; i < wanted.count; ++i)
      if (kept.contains(wanted.At(i))) expected.push_back(wanted.At(i));
    std::vector<std::uint64_t> found;
    for (const core::Records& records : retained.Find({wanted}, core::ByteCount(1'000'000))) {
      for (std::uint64_t i = 0; i < records.run.count; ++i) {
        found.push_back(records.run.At(i));
        REQUIRE(records.contents.Slice(i * 10, 10) ==
                core::Bytes::Filler({2, records.run.At(i), 1, 1, 10, 0}));
      }
    }
    REQUIRE(found == expected);
  }
  // Nothing from 30 on is kept up to 40.
  CHECK(retained.FloorFor(9'000, 30) == 40);
  CHECK(retained.FloorFor(9'000, 43) == 44);
  // 101 + 19 * 67 is 1374.
  CHECK(retained.FloorFor(9'000, 1'370) == 1'374);
  CHECK(retained.FloorFor(9'000, 1'375) == 5'000);
}

TEST_CASE("quorum by stake: the greatest number that replicas of so much stake reach") {
  const std::vector<std::uint64_t> numbers = {5, 9, 7, 2};
  const Stake stake = {3, 1, 1, 4};
  CHECK(core::ReachedByStake(numbers, stake, 1) == 9);
  CHECK(core::ReachedByStake(numbers, stake, 2) == 7);
  CHECK(core::ReachedByStake(numbers, stake, 3) == 5);
  CHECK(core::ReachedByStake(numbers, stake, 5) == 5);
  CHECK(core::ReachedByStake(numbers, stake, 6) == 2);
  CHECK(core::ReachedByStake(numbers, stake, 10) == 0);
}

TEST_CASE("quorum by stake: with one each it is that of as many replicas") {
  core::Random random = core::Random(5).Fork("quorum");
  for (int round = 0; round < 500; ++round) {
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t n = 1 + random.Below(9); n > 0; --n) numbers.push_back(random.Below(20));
    const Stake ones(numbers.size(), 1);
    for (std::size_t count = 1; count <= numbers.size(); ++count)
      REQUIRE(core::ReachedByStake(numbers, ones, count) == core::ReachedBy(numbers, count));
  }
}

TEST_CASE("quack: acknowledgements weigh as much as their receivers' stake (5)") {
  // u = 3: one heavy receiver makes a QUACK, three light ones don't.
  picsou::QuackCounter quacks(4, 4, {4, 1, 1, 1});
  CHECK(quacks.Ack(1, 9) == std::nullopt);
  CHECK(quacks.Ack(2, 9) == std::nullopt);
  CHECK(quacks.Ack(3, 9) == std::nullopt);
  CHECK(quacks.Ack(0, 5) == 5);
  CHECK(quacks.Ack(0, 12) == 12);
  CHECK(quacks.Ack(1, 12) == std::nullopt);
}

TEST_CASE("complaints: they weigh as much as their receivers' stake") {
  // r = 2: the heavy receiver's is enough, of light ones it takes three.
  const auto ms = [](std::int64_t at) {
    return core::Instant() + core::Duration::Milliseconds(at);
  };
  const auto complain = [&](picsou::ComplaintTracker& complaints, std::uint32_t receiver) {
    complaints.Report(ms(0), receiver, {0, 0, {}}, 0);
    return complaints.Report(ms(50), receiver, {0, 0, {}}, 0);
  };
  const Stake stake = {3, 1, 1, 1};
  picsou::ComplaintTracker heavy(4, 4, 3, core::Duration::Milliseconds(10), stake);
  CHECK(complain(heavy, 0) == std::vector<picsou::Attempt>{{{0, 1, 4}, 1}});
  picsou::ComplaintTracker light(4, 4, 3, core::Duration::Milliseconds(10), stake);
  CHECK(complain(light, 1).empty());
  CHECK(complain(light, 2).empty());
  CHECK(complain(light, 3).size() == 1);
}

TEST_CASE("complaints by stake: what its sender may not have sent yet is not complained about") {
  // Turns of senders: 0 0 0 1 2 3. From position 6 on nothing of sender 0 is there, whose positions
  // come late, each within 10 ms of the one before, and then no more.
  const auto ms = [](std::int64_t at) {
    return core::Instant() + core::Duration::Milliseconds(at);
  };
  const Stake stake = {3, 1, 1, 1};
  for (const Stake& receivers : {stake, Stake{64, 1, 1, 1}}) {
    const Schedule schedule = ScheduleBetween(stake, receivers);
    picsou::ComplaintTracker complaints(schedule, 1, core::Duration::Milliseconds(50), {});
    const auto report = [&](std::int64_t at, std::uint64_t cumulative) {
      // What lies above, but for what is sender 0's, or sender 2's from 12 on.
      picsou::Ack ack{cumulative, 34, {}};
      for (std::uint64_t k = cumulative + 1; k < 34; ++k) {
        const std::uint64_t sender = schedule.Sender(k, 0);
        if (sender == 1 || sender == 3 || (sender == 2 && k < 12)) ack.phi.push_back({k, 1, 1});
      }
      ack.phi_end = 34;
      std::set<std::uint64_t> lost;
      for (const picsou::Attempt& attempt : complaints.Report(ms(at), 1, ack, cumulative))
        for (std::uint64_t i = 0; i < attempt.positions.count; ++i)
          lost.insert(attempt.positions.At(i));
      return lost;
    };
    CHECK(report(0, 6).empty());
    CHECK(report(40, 7).empty());
    // Sender 2 has shown nothing for 60 ms, sender 0 for 20.
    CHECK(report(60, 7) == std::set<std::uint64_t>{16, 22, 28});
    CHECK(report(80, 8).empty());
    CHECK(report(129, 8).empty());
    CHECK(report(130, 8) ==
          std::set<std::uint64_t>{8, 12, 13, 14, 16, 18, 19, 20, 22, 24, 25, 26, 28, 30, 31, 32});
  }
}

TEST_CASE("complaints by stake: a gap below what came of the same sender needs no more patience") {
  const auto ms = [](std::int64_t at) {
    return core::Instant() + core::Duration::Milliseconds(at);
  };
  const Stake stake = {3, 1, 1, 1};
  const Schedule schedule = ScheduleBetween(stake, stake);
  picsou::ComplaintTracker complaints(schedule, 1, core::Duration::Milliseconds(50), {});
  // 7 is missing, 8 is there, and sender 0 goes on.
  CHECK(complaints.Report(ms(0), 1, {7, 9, {{8, 1, 1}}}, 7).empty());
  CHECK(complaints.Report(ms(40), 1, {7, 14, {{8, 6, 1}}}, 7).empty());
  const auto noted = complaints.Report(ms(50), 1, {7, 15, {{8, 7, 1}}}, 7);
  REQUIRE(noted.size() == 1);
  CHECK(noted[0].positions.first == 7);
  CHECK(noted[0].positions.count == 1);
}

TEST_CASE("retained: for want of room goes what replicas of enough stake have") {
  picsou::Retained::Config config;
  config.peers = 4;
  config.self = 1;
  config.sparing = 3;
  config.stake = {3, 1, 1, 1};
  config.messages = 1;
  config.bytes = core::ByteCount(1'000'000);
  const auto filled = [&] {
    picsou::Retained retained(config);
    for (std::uint64_t k = 0; k < 3; ++k)
      retained.Add({{k, 1, 1}, 10, core::Bytes::Filler({2, k, 1, 1, 10, 0})});
    retained.Ripen(3);
    return retained;
  };
  picsou::Retained light = filled();
  light.OnPeerAck(2, 3);
  light.OnPeerAck(3, 3);
  CHECK(light.messages() == 3);
  picsou::Retained heavy = filled();
  heavy.OnPeerAck(0, 3);
  CHECK(heavy.messages() == 1);
  // Where the others never come to that, only what all have goes.
  config.self = 0;
  picsou::Retained self = filled();
  for (const std::uint32_t peer : {1U, 2U}) self.OnPeerAck(peer, 3);
  CHECK(self.messages() == 3);
}

}  // namespace
}  // namespace lockstep::tests
