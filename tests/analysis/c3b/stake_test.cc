// Oracles where replicas have stake: S, R1 and R2 by its schedule, quorums and bound.
//
// Senders have 3, 1, 1, 1 and receivers 1, 1, 4, 1. The ring is 42 long: senders' arcs are 21, 7, 7
// and 7, receivers' 6, 6, 24 and 6. From a0 and b0 on, whose k′ 0 is, its pieces are a0-b0 6,
// a0-b1 6, a0-b2 9, a1-b2 7, a2-b2 7, a3-b2 1 and a3-b3 6.

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "analysis/c3b/complaints.h"
#include "analysis/c3b/schedule.h"
#include "analysis/c3b/send_bound.h"
#include "protocols/core/random.h"
#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Schedule;
using analysis::SendBound;
using analysis::Verdict;
using Stake = std::vector<std::uint32_t>;

// u_s = 2, r_s = 1; u_r = 2, r_r = 2.
analysis::Recipe ByStake() {
  analysis::Recipe recipe = TwoClusters(4, 4);
  recipe.clusters[0].stake = {3, 1, 1, 1};
  recipe.clusters[1].stake = {1, 1, 4, 1};
  recipe.clusters[0].u = 2;
  recipe.clusters[1].u = recipe.clusters[1].r = 2;
  Promise(recipe, "S");
  return recipe;
}

core::Cluster ClusterWith(const Stake& stake) {
  core::Cluster cluster;
  cluster.size = static_cast<std::uint32_t>(stake.size());
  cluster.stake = stake;
  return cluster;
}

std::uint64_t Sum(const Stake& stake) {
  return std::accumulate(stake.begin(), stake.end(), std::uint64_t{0});
}

// a0 hears twice from these that they lack k′ 0, and sends it to b1, as attempt 1 is.
Story ResentAfter(const std::vector<std::uint32_t>& receivers) {
  Story story(ByStake());
  story.Offered(A(0), B(0), {0, 1, 1});
  for (const std::int64_t ms : {10, 110}) {
    story.AtMs(ms);
    for (const std::uint32_t receiver : receivers) story.Heard(A(0), B(receiver), 0);
  }
  return std::move(story.Offered(A(0), B(1), {0, 1, 1}));
}

}  // namespace

TEST_CASE("schedule by stake: turns and pieces of the ring are accepted, other pairs refused") {
  Story story(ByStake());
  // Of six turns three are a0's, and of seven receivers' turns b2 has four.
  story.Offered(A(0), B(0), {0, 1, 1})
      .Offered(A(0), B(1), {1, 1, 1})
      .Offered(A(0), B(2), {2, 1, 1});
  story.Offered(A(1), B(2), {3, 1, 1})
      .Offered(A(0), B(1), {6, 1, 1})
      .Offered(A(0), B(2), {12, 1, 1});
  // Resends of k′ 0.
  story.Offered(A(0), B(1), {0, 1, 1})
      .Offered(A(2), B(2), {0, 1, 1})
      .Offered(A(3), B(3), {0, 1, 1});
  CHECK(story.Ask("S") == Verdict::kHolds);
  story.Offered(A(1), B(0), {0, 1, 1});
  CHECK(story.Ask("S") == Verdict::kViolated);
  CHECK(story.FirstFinding("S") == "a1 sends k′ 0 to b0, which the schedule never asks of it");
}

TEST_CASE("schedule by stake: every part of a run is judged") {
  // A lane of 6: k′ 12, 18, 24, 30 go to b2, and 36 to b3.
  Story story(ByStake());
  story.Offered(A(0), B(2), {12, 4, 6});
  CHECK(story.Ask("S") == Verdict::kHolds);
  CHECK(Story(ByStake()).Offered(A(0), B(0), {0, 1, 1}).Ask("R1") == Verdict::kHolds);
  CHECK(Story(ByStake()).Offered(A(0), B(0), {0, 2, 6}).Ask("R1") == Verdict::kViolated);
}

TEST_CASE("resends by stake: complaints of r_r + 1 stake allow them, however many they are of") {
  CHECK(ResentAfter({2}).Ask("R1") == Verdict::kHolds);
  CHECK(ResentAfter({0, 1, 3}).Ask("R1") == Verdict::kHolds);
  CHECK(ResentAfter({0, 1}).Ask("R1") == Verdict::kViolated);
  CHECK(ResentAfter({1, 3}).FirstFinding("R1") ==
        "a0 sends k′ 0 to b1 again, but what it heard are no complaints");
}

TEST_CASE("resends by stake: an attempt is for its pair, and used once") {
  CHECK(ResentAfter({2}).Offered(A(0), B(1), {0, 1, 1}).Ask("R1") == Verdict::kViolated);
  CHECK(ResentAfter({2}).Offered(A(0), B(2), {0, 1, 1}).Ask("R1") == Verdict::kViolated);
}

TEST_CASE("complaints by stake: they count from a QUACK on that is weighed") {
  const Schedule schedule(ClusterWith({3, 1, 1, 1}), ClusterWith({1, 1, 4, 1}));
  const auto book = [&] {
    return analysis::ComplaintBook(
        {schedule, 3, 3, core::Duration::Milliseconds(0), {}, {1, 1, 4, 1}});
  };
  analysis::ComplaintBook light = book();
  for (const std::uint64_t receiver : {0U, 1U}) light.Hear({{}, receiver, 5, 0, {}}, [](auto) {});
  CHECK(light.quack() == 0);
  light.Hear({{}, 3, 4, 0, {}}, [](auto) {});
  CHECK(light.quack() == 4);
  analysis::ComplaintBook heavy = book();
  heavy.Hear({{}, 2, 7, 0, {}}, [](auto) {});
  CHECK(heavy.quack() == 7);
}

TEST_CASE("resend bound by stake: as many sends as faulty stake can be paired, and no more") {
  // Within the budget: b0, b1 (12 of the ring). a0-b2 is enough.
  Story story(ByStake());
  story.Faulty(B(0)).Faulty(B(1)).Faulty(A(1)).Faulty(A(2));
  story.Offered(A(0), B(0), {0, 1, 1}).Offered(A(0), B(1), {0, 1, 1}).Passed(A(0), B(2), {0, 1, 1});
  CHECK(story.Ask("R2") == Verdict::kHolds);
  // a0 has more stake than may fail: the first 26 of the ring are used up by three pieces, and a
  // fifth send is one too many.
  Story over(ByStake());
  over.Faulty(A(0)).Faulty(A(1)).Faulty(B(0));
  over.Offered(A(0), B(0), {0, 1, 1}).Offered(A(0), B(1), {0, 1, 1}).Offered(A(0), B(2), {0, 1, 1});
  over.Offered(A(1), B(2), {0, 1, 1}).Passed(A(2), B(2), {0, 1, 1});
  CHECK(over.Ask("R2") == Verdict::kViolated);
  CHECK(over.FirstFinding("R2") ==
        "k′ 0 needed 5 sends that the network did not destroy, and the bound is 4");
}

TEST_CASE(
    "send bound by stake: no correct run exceeds it, in whatever order and with what losses") {
  core::Random random = core::Random(5).Fork("bound by stake");
  std::uint64_t most = 0;
  for (int round = 0; round < 4'000; ++round) {
    const auto some = [&] {
      Stake stake;
      for (std::uint64_t n = 1 + random.Below(7); n > 0; --n)
        stake.push_back(static_cast<std::uint32_t>(1 + random.Below(8)));
      return stake;
    };
    const Stake stakes[2] = {some(), some()};
    const Schedule schedule(ClusterWith(stakes[0]), ClusterWith(stakes[1]));
    std::uint64_t u[2];
    std::vector<bool> is_faulty[2];
    for (int side = 0; side < 2; ++side) {
      u[side] = random.Below((Sum(stakes[side]) + 1) / 2);
      std::uint64_t left = u[side];
      is_faulty[side].assign(stakes[side].size(), false);
      for (std::size_t tries = 0; tries < 9; ++tries) {
        const std::size_t i = random.Below(stakes[side].size());
        if (is_faulty[side][i] || stakes[side][i] > left) continue;
        is_faulty[side][i] = true;
        left -= stakes[side][i];
      }
    }
    const SendBound bound(schedule, u[0], u[1]);
    const std::uint64_t number = random.Below(schedule.period());
    const std::uint64_t lap = schedule.pairings(number);
    std::vector<SendBound::Pair> failed;
    bool is_settled = false;
    const bool is_in_order = random.Below(3) == 0;
    const std::uint64_t losses = is_in_order ? 0 : random.Below(4);
    // Attempts of each sender come in order, those of several in any.
    std::vector<std::uint64_t> next(schedule.senders(), 0);
    for (std::uint64_t t = 0; t < 5 * lap && !is_settled; ++t) {
      std::uint64_t attempt = t;
      if (!is_in_order) {
        std::uint64_t& of = next[random.Below(next.size())];
        const auto sender = static_cast<std::uint64_t>(&of - next.data());
        while (schedule.Sender(number, of) != sender) ++of;
        attempt = of++;
      }
      const auto from = static_cast<std::uint32_t>(schedule.Sender(number, attempt));
      const auto to = static_cast<std::uint32_t>(schedule.Receiver(number, attempt));
      if (is_faulty[0][from] || is_faulty[1][to]) {
        failed.push_back({from, to, !is_faulty[0][from]});
      } else {
        is_settled = random.Below(4) >= losses;
      }
    }
    const auto judgement = bound.Judge(number, failed, is_settled);
    CAPTURE(round);
    REQUIRE(judgement.is_kept());
    REQUIRE(bound.always_kept() <= judgement.bound);
    most = std::max(most, judgement.sends);
    if (!is_in_order) continue;
    // In order and without loss it is the paper's: pairings until W + 1 is used up.
    const auto pieces = schedule.LapOf(number);
    const std::uint64_t faulty = u[0] * schedule.sender_scale() + u[1] * schedule.receiver_scale();
    std::uint64_t used = 0;
    std::uint64_t pairings = 0;
    while (used <= faulty) used += (*pieces)[pairings++].stake;
    REQUIRE(judgement.sends <= pairings);
    REQUIRE(judgement.bound <= pairings);
  }
  CHECK(most >= 5);
}

TEST_CASE("send bound by stake: a correct sender that keeps to no attempt is over it") {
  const Schedule schedule(ClusterWith({3, 1, 1, 1}), ClusterWith({1, 1, 4, 1}));
  const SendBound bound(schedule, 0, 1);
  // One receiver may be faulty: 6 of the ring, which is the first piece.
  const std::vector<SendBound::Pair> pairs = {{0, 0, true}, {1, 0, true}, {2, 0, true}};
  CHECK(bound.Judge(0, std::span(pairs).first(1), true).is_kept());
  CHECK_FALSE(bound.Judge(0, pairs, true).is_kept());
  const std::vector<SendBound::Pair> by_liar = {{1, 0, false}, {2, 0, false}};
  CHECK(bound.Judge(0, by_liar, true).sends == 1);
}

}  // namespace lockstep::tests
