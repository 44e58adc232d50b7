// Who sends what to whom (the Picsou paper, sections 4.1 and 4.2).

#include "protocols/picsou/schedule.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using picsou::Schedule;
using Pair = std::pair<std::uint64_t, std::uint64_t>;

const std::vector<Schedule> kSchedules = {{4, 4}, {4, 7}, {7, 4}, {5, 10}, {1, 3}, {19, 19}};

Pair PairOf(const Schedule& schedule, std::uint64_t position, std::uint64_t attempt) {
  return {schedule.Sender(position, attempt), schedule.Receiver(position, attempt)};
}

TEST_CASE("schedule: each sender moves on by one receiver a message, from its own index (4.1)") {
  for (const Schedule& schedule : kSchedules) {
    std::vector<std::uint64_t> next(schedule.senders());
    std::iota(next.begin(), next.end(), 0);
    for (std::uint64_t position = 0; position < 5 * schedule.lanes(); ++position) {
      const std::uint64_t sender = position % schedule.senders();
      REQUIRE(schedule.Sender(position, 0) == sender);
      REQUIRE(schedule.Receiver(position, 0) == next[sender]++ % schedule.receivers());
    }
  }
}

TEST_CASE("schedule: attempt t moves sender and receiver on by t (4.2)") {
  for (const Schedule& schedule : kSchedules) {
    for (std::uint64_t position = 0; position < schedule.lanes(); ++position) {
      for (std::uint64_t attempt = 0; attempt < 50; ++attempt) {
        const auto [sender, receiver] = PairOf(schedule, position, attempt);
        REQUIRE(sender == (schedule.Sender(position, 0) + attempt) % schedule.senders());
        REQUIRE(receiver == (schedule.Receiver(position, 0) + attempt) % schedule.receivers());
      }
    }
  }
}

TEST_CASE("schedule: the first min(n_s, n_r) attempts have all senders and receivers different") {
  for (const Schedule& schedule : kSchedules) {
    const std::uint64_t distinct = std::min(schedule.senders(), schedule.receivers());
    for (std::uint64_t position = 0; position < schedule.lanes(); ++position) {
      std::set<std::uint64_t> senders;
      std::set<std::uint64_t> receivers;
      for (std::uint64_t attempt = 0; attempt < distinct; ++attempt) {
        senders.insert(schedule.Sender(position, attempt));
        receivers.insert(schedule.Receiver(position, attempt));
      }
      REQUIRE(senders.size() == distinct);
      REQUIRE(receivers.size() == distinct);
    }
  }
}

TEST_CASE("schedule: positions a period apart have the same pairs at all attempts") {
  for (const Schedule& schedule : kSchedules) {
    for (std::uint64_t position = 0; position < schedule.lanes(); ++position) {
      for (std::uint64_t attempt = 0; attempt < 9; ++attempt) {
        REQUIRE(PairOf(schedule, position, attempt) ==
                PairOf(schedule, position + 7 * schedule.lanes(), attempt));
      }
    }
  }
}

TEST_CASE("schedule: a period of first sends has every pairing once") {
  for (const Schedule& schedule : kSchedules) {
    std::set<Pair> pairs;
    for (std::uint64_t position = 0; position < schedule.lanes(); ++position) {
      pairs.insert(PairOf(schedule, position, 0));
    }
    CHECK(pairs.size() == schedule.senders() * schedule.receivers());
  }
}

TEST_CASE("schedule: with all faults on the worst pairs, u_s + u_r + 1 attempts reach a good one") {
  // n = 3f + 1 on both sides, any f senders and f receivers bad: f + f + 1 < n different pairs.
  constexpr std::uint64_t kF = 2;
  const Schedule schedule{3 * kF + 1, 3 * kF + 1};
  for (std::uint64_t position = 0; position < schedule.lanes(); ++position) {
    for (std::uint64_t bad = 0; bad < schedule.senders(); ++bad) {
      std::uint64_t sends = 0;
      for (bool is_good = false; !is_good; ++sends) {
        const auto [sender, receiver] = PairOf(schedule, position, sends);
        // `kF` neighbours on each side, the receivers' right behind the senders'.
        const bool is_sender_bad = (sender + schedule.senders() - bad) % schedule.senders() < kF;
        const bool is_receiver_bad =
            (receiver + 2 * schedule.receivers() - bad - kF) % schedule.receivers() < kF;
        is_good = !is_sender_bad && !is_receiver_bad;
      }
      REQUIRE(sends <= kF + kF + 1);
    }
  }
}

}  // namespace
}  // namespace lockstep::tests
