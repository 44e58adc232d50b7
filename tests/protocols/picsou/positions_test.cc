// Turns in the order of positions (the Picsou paper, section 4.1): at replicas, and in the oracles'
// own reading of the rule.

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "analysis/c3b/schedule.h"
#include "protocols/core/random.h"
#include "protocols/picsou/schedule.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using Indices = std::vector<std::uint32_t>;
using Pairing = std::pair<std::uint64_t, std::uint64_t>;

Indices OrderOf(std::uint32_t size, core::Random random) {
  Indices order(size);
  std::iota(order.begin(), order.end(), 0U);
  for (std::uint32_t left = size; left > 1; --left)
    std::swap(order[left - 1], order[random.Below(left)]);
  return order;
}

// The cluster, and what it would be if its replicas had been numbered by position.
struct Twins {
  core::Cluster placed;
  core::Cluster renumbered;
};
Twins TwinsOf(const Indices& stake, core::Random random) {
  Twins twins;
  twins.placed.size = twins.renumbered.size = static_cast<std::uint32_t>(stake.size());
  twins.placed.positions = OrderOf(twins.placed.size, random);
  bool is_plain = true;
  for (const std::uint32_t each : stake) is_plain = is_plain && each == 1;
  if (is_plain) return twins;
  twins.placed.stake = stake;
  for (const std::uint32_t index : twins.placed.positions)
    twins.renumbered.stake.push_back(stake[index]);
  return twins;
}

// Stakes whose apportionment leaves nothing over, so that ties are none.
const std::vector<std::pair<Indices, Indices>> kStakes = {
    {{1, 1, 1, 1}, {1, 1, 1, 1}},       {{1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1}},
    {{1, 1, 1, 1, 1, 1, 1}, {1, 1, 1}}, {{3, 1, 1, 1}, {1, 1, 5, 1}},
    {{1, 1, 1, 1}, {2, 1, 1}},          {{64, 1, 1, 1}, {64, 1, 1, 1}},
    {{5, 3, 3, 1}, {2, 2, 2, 2}}};

template <typename Visit>
void ForEachCase(Visit&& visit) {
  std::uint64_t number = 0;
  for (const auto& [senders, receivers] : kStakes) {
    for (int i = 0; i < 4; ++i) {
      const core::Random random = core::Random(7).Fork(std::to_string(number++));
      visit(TwinsOf(senders, random.Fork("s")), TwinsOf(receivers, random.Fork("r")));
    }
  }
}

TEST_CASE("positions: turns are those of a cluster whose indices are the positions (4.1)") {
  ForEachCase([](const Twins& senders, const Twins& receivers) {
    const picsou::Schedule placed(senders.placed, receivers.placed);
    const picsou::Schedule plain(senders.renumbered, receivers.renumbered);
    REQUIRE(placed.lanes() == plain.lanes());
    for (std::uint64_t position = 0; position < 400; ++position) {
      REQUIRE(placed.Alike(position) == plain.Alike(position));
      for (std::uint64_t attempt = 0; attempt < 12; ++attempt) {
        const auto pair = plain.PairOf(position, attempt);
        REQUIRE(placed.Sender(position, attempt) == senders.placed.positions[pair.sender]);
        REQUIRE(placed.Receiver(position, attempt) == receivers.placed.positions[pair.receiver]);
      }
    }
  });
}

TEST_CASE("positions: a sender's own are those that it is the first to send") {
  ForEachCase([](const Twins& senders, const Twins& receivers) {
    const picsou::Schedule schedule(senders.placed, receivers.placed);
    for (std::uint64_t sender = 0; sender < schedule.senders(); ++sender) {
      std::uint64_t own = 0;
      for (std::uint64_t position = 0; position < 400; ++position) {
        REQUIRE(schedule.OwnBelow(sender, position) == own);
        if (schedule.Sender(position, 0) != sender) continue;
        REQUIRE(schedule.Own(sender, own++) == position);
      }
    }
  });
}

TEST_CASE("positions: the oracles' schedule is the replicas'") {
  ForEachCase([](const Twins& senders, const Twins& receivers) {
    const picsou::Schedule schedule(senders.placed, receivers.placed);
    const analysis::Schedule judged(senders.placed, receivers.placed);
    for (std::uint64_t number = 0; number < 200; ++number) {
      for (std::uint64_t attempt = 0; attempt < 12; ++attempt) {
        REQUIRE(judged.Sender(number, attempt) == schedule.Sender(number, attempt));
        REQUIRE(judged.Receiver(number, attempt) == schedule.Receiver(number, attempt));
        const std::uint64_t sender = judged.Sender(number, attempt);
        const std::uint64_t first = judged.FirstAttemptOf(sender, number);
        REQUIRE(first >= 1);
        REQUIRE(judged.Sender(number, first) == sender);
        if (attempt >= 1) REQUIRE(first <= attempt);
        const std::uint64_t receiver = judged.Receiver(number, attempt);
        const std::uint64_t in_lap = judged.AttemptOf(sender, receiver, number);
        REQUIRE(in_lap <= attempt);
        REQUIRE(judged.Sender(number, in_lap) == sender);
        REQUIRE(judged.Receiver(number, in_lap) == receiver);
      }
    }
  });
}

}  // namespace
}  // namespace lockstep::tests
