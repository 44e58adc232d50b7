// The bound on sends: every run that rules 1 and 2 allow is within it, and it is no larger than it
// has to be.

#include "analysis/c3b/send_bound.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "protocols/core/random.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Schedule;
using analysis::SendBound;

std::vector<bool> SomeOf(std::uint64_t size, std::uint64_t count, core::Random& random) {
  std::vector<bool> chosen(size);
  while (count > 0) {
    const std::uint64_t i = random.Below(size);
    if (chosen[i]) continue;
    chosen[i] = true;
    --count;
  }
  return chosen;
}

// A message on its way: who is faulty, and what became of it so far.
struct Journey {
  Schedule schedule;
  std::uint64_t lane = 0;
  std::vector<bool> is_sender_faulty;
  std::vector<bool> is_receiver_faulty;
  std::vector<SendBound::Pair> failed;
  bool is_settled = false;

  // Attempt `t` is made; where it is between correct nodes, the network may destroy it.
  void Make(std::uint64_t t, bool is_lost) {
    const std::uint64_t from = schedule.Sender(lane, t);
    const std::uint64_t to = schedule.Receiver(lane, t);
    if (is_sender_faulty[from] || is_receiver_faulty[to]) {
      failed.push_back({static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to),
                        !is_sender_faulty[from]});
    } else {
      is_settled = !is_lost;
    }
  }
};

}  // namespace

TEST_CASE("send bound: no correct run exceeds it, in whatever order and with whatever losses") {
  core::Random random(5);
  for (int round = 0; round < 4000; ++round) {
    const Schedule schedule{1 + random.Below(9), 1 + random.Below(9)};
    const std::uint64_t u_s = random.Below(schedule.senders());
    const std::uint64_t u_r = random.Below(schedule.receivers());
    const SendBound bound(schedule, u_s, u_r);
    Journey journey{schedule,
                    random.Below(schedule.lanes()),
                    SomeOf(schedule.senders(), random.Below(u_s + 1), random),
                    SomeOf(schedule.receivers(), random.Below(u_r + 1), random),
                    {}};
    // Each sender comes to its attempts in order, at a pace of its own.
    std::vector<std::uint64_t> next(schedule.senders());
    for (std::uint64_t i = 0; i < next.size(); ++i) {
      next[i] = schedule.FirstAttemptOf(i, journey.lane) % schedule.senders();
    }
    const std::uint64_t favoured = random.Below(schedule.senders());
    const std::uint64_t losses = random.Below(4);
    for (std::uint64_t step = 0; step < 3 * schedule.lanes() && !journey.is_settled; ++step) {
      const std::uint64_t sender = random.Below(2) == 0 ? favoured : random.Below(next.size());
      journey.Make(next[sender], random.Below(4) < losses);
      next[sender] += schedule.senders();
    }
    const auto judgement = bound.Judge(journey.lane, journey.failed, journey.is_settled);
    CAPTURE(round);
    REQUIRE(judgement.is_kept());
    REQUIRE(bound.always_kept() <= judgement.bound);
  }
}

TEST_CASE("send bound: clusters of equal size have the paper's, u_s + u_r + 1, always") {
  for (std::uint64_t n = 1; n <= 19; ++n) {
    for (std::uint64_t u = 0; 2 * u < n; ++u) {
      const SendBound bound({n, n}, u, u);
      CHECK(bound.always_kept() == 2 * u + 1);
      CHECK(bound.Judge(0, {}, true).bound == 2 * u + 1);
    }
  }
}

TEST_CASE("send bound: of unequal clusters it is the paper's in order, and more after a loss") {
  // Three senders, none of them faulty, and seven receivers, b0 and b1 of which are dead. Of k′ 0
  // attempts 0 and 1 reach these, attempt 2 is destroyed, and 7 and 8 meet them again.
  const Schedule schedule{3, 7};
  const SendBound bound(schedule, 0, 2);
  Journey journey{schedule, 0, std::vector<bool>(3), std::vector<bool>(7), {}};
  journey.is_receiver_faulty[0] = journey.is_receiver_faulty[1] = true;
  journey.Make(0, false);
  journey.Make(1, false);
  CHECK(bound.Judge(0, journey.failed, true).bound == 3);
  for (std::uint64_t t = 2; t <= 9; ++t) journey.Make(t, t < 9);
  REQUIRE(journey.is_settled);
  const auto judgement = bound.Judge(0, journey.failed, true);
  CHECK(judgement.sends == 5);
  CHECK(judgement.bound == 7);  // two receivers, three senders each, and one
  CHECK(judgement.is_kept());
}

TEST_CASE("send bound: where faults outnumber a side, it counts the pairings with a faulty end") {
  // Of 28 pairings 2 of 4 senders have 7 each, and 2 of 7 receivers 4 each.
  CHECK(SendBound({4, 7}, 2, 2).always_kept() == 2 * 7 + 2 * 4 + 1);
  CHECK(SendBound({4, 7}, 3, 4).always_kept() == 28);
  CHECK(SendBound({4, 7}, 1, 2).always_kept() == 4);
}

TEST_CASE("send bound: one faulty receiver more than the budget is too many, in order") {
  const Schedule schedule{3, 7};
  const SendBound bound(schedule, 0, 2);
  Journey journey{schedule, 0, std::vector<bool>(3), std::vector<bool>(7), {}};
  for (std::uint32_t i = 0; i < 3; ++i) journey.is_receiver_faulty[i] = true;
  for (std::uint64_t t = 0; !journey.is_settled; ++t) journey.Make(t, false);
  const auto judgement = bound.Judge(0, journey.failed, true);
  CHECK(judgement.sends == 4);
  CHECK(judgement.bound == 3);
  CHECK_FALSE(judgement.is_kept());
}

TEST_CASE("send bound: what no attempt designates counts for correct senders, not for liars") {
  const SendBound bound({4, 4}, 1, 1);
  const std::vector<SendBound::Pair> by_correct = {
      {0, 3, true}, {1, 3, true}, {2, 3, true}, {0, 3, true}};
  CHECK(bound.Judge(0, by_correct, true).sends == 4);
  CHECK_FALSE(bound.Judge(0, by_correct, true).is_kept());
  const std::vector<SendBound::Pair> by_liar = {{1, 0, false}, {1, 1, false}, {1, 2, false}};
  CHECK(bound.Judge(0, by_liar, true).sends == 2);
}

}  // namespace lockstep::tests
